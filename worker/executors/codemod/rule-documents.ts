import { type Document, isMap, isNode, isScalar, LineCounter, parseAllDocuments, visit } from 'yaml';
import type { RuleFile } from '../../../tasks/index.ts';
import { type RuleFilePlace, ruleFileError } from './rule-file-error.ts';
import { allowedFields, type RuleDocument, ruleDocumentSchema } from './rule-schema.ts';

type Path = readonly PropertyKey[];

/** One rule of a file and the way from its fields back to the text. */
export interface LocatedRule {
  document: RuleDocument;
  /** The rule's id, or the file's name (numbered in a file of several rules). */
  id: string;
  /** The place of a field; of the nearest parent that is written out when the field itself is not. */
  placeOf(path: Path): RuleFilePlace;
  /** The place of a value that is written exactly so below a field, else of the field. */
  placeOfValue(path: Path, value: string): RuleFilePlace;
}

interface Issue {
  code: string;
  path: Path;
  message: string;
  keys?: string[];
  errors?: Issue[][];
}

/**
 * Reads the rules of one file, several when `---` separates them.
 * @throws FanfoldError `codemod-invalid`, with the place and what is allowed there
 */
export function readRuleDocuments(file: RuleFile): LocatedRule[] {
  const lineCounter = new LineCounter();
  const documents = [...parseAllDocuments(file.text, { lineCounter })].filter(
    ({ contents, errors }) =>
      errors.length > 0 || (contents !== null && !(isScalar(contents) && contents.value === null)),
  );
  if (documents.length === 0) {
    const place = { path: file.path, lineCounter, offset: 0 };
    throw ruleFileError(place, 'The file holds no rule.', 'Write a rule with id, language, rule and fix.');
  }
  const name = /([^/\\]*?)(?:\.[^./\\]*)?$/.exec(file.path)?.[1] ?? 'rule';
  return documents.map((yaml, index) => {
    const located = locate(yaml, file.path, lineCounter);
    const document = validate(yaml, located);
    return { ...located, document, id: document.id || (documents.length > 1 ? `${name}-${index}` : name) };
  });
}

function validate(yaml: Document, { placeOf }: Pick<LocatedRule, 'placeOf'>): RuleDocument {
  const [syntaxError] = yaml.errors;
  if (syntaxError !== undefined) {
    const place = { ...placeOf([]), offset: syntaxError.pos[0] };
    const problem = syntaxError.message.split('\n', 1)[0]?.replace(/ at line \d+, column \d+:?$/, '');
    throw ruleFileError(place, `Not valid YAML: ${problem}.`, 'Correct the YAML of the rule file.', syntaxError);
  }
  const result = ruleDocumentSchema.safeParse(toPlainValue(yaml, placeOf));
  if (result.success) {
    return result.data;
  }
  const issue = deepest(result.error.issues as Issue[]);
  const [unknown] = issue.keys ?? [];
  const field = issue.path.length === 0 ? 'the rule' : `"${issue.path.map(String).join('.')}"`;
  if (unknown !== undefined) {
    const next = `Allowed here: ${allowedFields(issue.path).join(', ')}.`;
    throw ruleFileError(placeOf([...issue.path, unknown]), `Unknown field "${unknown}" in ${field}.`, next);
  }
  const problem = `${field}: ${issue.message.replace(/^Invalid input: /, '')}.`;
  throw ruleFileError(placeOf(issue.path), problem, "Write the field as ast-grep's rule reference has it.");
}

function toPlainValue(yaml: Document, placeOf: LocatedRule['placeOf']): unknown {
  try {
    return yaml.toJS({ maxAliasCount: 10_000 });
  } catch (error) {
    throw ruleFileError(
      placeOf([]),
      'An alias cannot be resolved.',
      'Define every *alias with an &anchor above it.',
      error,
    );
  }
}

/** Of the alternatives of a union, the issue that got furthest is the one the author meant. */
function deepest(issues: readonly Issue[]): Issue {
  const expanded = issues.map((issue) => {
    if (issue.errors === undefined) {
      return issue;
    }
    const nested = issue.errors.filter((errors) => errors.length > 0).map(deepest);
    const inner = nested.reduce((best, next) => (next.path.length > best.path.length || next.keys ? next : best));
    const message =
      inner.path.length > 0 || inner.keys ? inner.message : nested.map((each) => each.message).join(', or ');
    return { ...inner, message, path: [...issue.path, ...inner.path] };
  });
  return expanded.reduce((best, next) => (next.path.length > best.path.length ? next : best));
}

function locate(yaml: Document, path: string, lineCounter: LineCounter): Pick<LocatedRule, 'placeOf' | 'placeOfValue'> {
  const start = yaml.contents?.range?.[0] ?? yaml.range?.[0] ?? 0;
  const placeOf = (keys: Path): RuleFilePlace => ({ path, lineCounter, offset: offsetOf(yaml, keys) ?? start });
  return {
    placeOf,
    placeOfValue(keys, value) {
      const place = placeOf(keys);
      let offset = place.offset;
      visit(yaml, {
        Scalar(_, scalar) {
          const at = scalar.range?.[0] ?? 0;
          if (at >= place.offset && String(scalar.value) === value) {
            offset = at;
            return visit.BREAK;
          }
          return undefined;
        },
      });
      return { ...place, offset };
    },
  };
}

/** Of the key for a field of a map, of the value for an item of a list. */
function offsetOf(yaml: Document, keys: Path): number | undefined {
  for (let length = keys.length; length > 0; length--) {
    const parent = length === 1 ? yaml.contents : yaml.getIn(keys.slice(0, length - 1), true);
    const last = keys[length - 1];
    const key = isMap(parent)
      ? parent.items.find((pair) => isScalar(pair.key) && pair.key.value === last)?.key
      : undefined;
    const node = key ?? yaml.getIn(keys.slice(0, length), true);
    if (isNode(node) && node.range) {
      return node.range[0];
    }
  }
  return undefined;
}
