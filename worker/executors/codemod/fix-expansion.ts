/** Meta variables that hold the siblings a fix reaches out to. */
export const expansionNames = { start: 'FANFOLD_EXPAND_START', end: 'FANFOLD_EXPAND_END' } as const;

type RuleObject = Record<string, unknown>;

/**
 * A rule that matches as before and also captures the sibling which `expandStart` or `expandEnd` asks for. The
 * binding evaluates no fix, but `follows` and `precedes` search siblings the same way.
 */
export function withExpansions(
  rule: RuleObject,
  metaCharacter: string,
  expandStart: RuleObject | undefined,
  expandEnd: RuleObject | undefined,
): RuleObject {
  const captures = [
    ...(expandStart === undefined ? [] : [capture('follows', expandStart, expansionNames.start, metaCharacter)]),
    ...(expandEnd === undefined ? [] : [capture('precedes', expandEnd, expansionNames.end, metaCharacter)]),
  ];
  return captures.length === 0 ? rule : { all: [rule, ...captures] };
}

function capture(relation: string, sought: RuleObject, name: string, metaCharacter: string): RuleObject {
  const { stopBy, field: _, ...rule } = sought;
  const captured = { all: [rule, { pattern: `${metaCharacter}${metaCharacter}${name}` }] };
  // The empty expression matches everything: an expansion that finds nothing does not prevent the match.
  return { any: [{ [relation]: stopBy === undefined ? captured : { ...captured, stopBy } }, { regex: '' }] };
}
