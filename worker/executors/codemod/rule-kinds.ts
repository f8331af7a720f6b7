type RuleObject = Record<string, unknown>;
type Utilities = Record<string, RuleObject>;

/**
 * Whether a rule restricts the kinds of nodes it can match. The ast-grep command line refuses a rule that does not,
 * since it would have to be tried at every node.
 */
export function selectsKinds(rule: RuleObject, utilities: Utilities, visited: readonly string[] = []): boolean {
  const { kind, pattern, nthChild, all, any, matches } = rule;
  if (typeof kind === 'string' || (pattern != null && patternSelectsKind(pattern))) {
    return true;
  }
  const recurse = (inner: RuleObject) => selectsKinds(inner, utilities, visited);
  if (Array.isArray(all) && all.some(recurse)) {
    return true;
  }
  if (Array.isArray(any) && any.every(recurse)) {
    return true;
  }
  if (isObject(nthChild) && isObject(nthChild['ofRule']) && recurse(nthChild['ofRule'])) {
    return true;
  }
  if (typeof matches !== 'string' || visited.includes(matches)) {
    return false;
  }
  const utility = utilities[matches];
  return utility !== undefined && selectsKinds(utility, utilities, [...visited, matches]);
}

function patternSelectsKind(pattern: unknown): boolean {
  if (!isObject(pattern)) {
    return !isMetaVariable(String(pattern));
  }
  if (pattern['strictness'] === 'template') {
    return false;
  }
  return pattern['selector'] != null || !isMetaVariable(String(pattern['context']));
}

function isMetaVariable(pattern: string): boolean {
  return /^\${1,3}[A-Z_0-9]*$/.test(pattern.trim());
}

function isObject(value: unknown): value is RuleObject {
  return typeof value === 'object' && value !== null;
}
