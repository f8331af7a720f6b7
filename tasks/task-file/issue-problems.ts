import type { z } from 'zod';
import { describeValue, quote } from './describe-value.ts';
import { nearMatches } from './near-matches.ts';
import type { FieldPath, Problem } from './problems.ts';
import { keysAt } from './schema-keys.ts';

const typeNames: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** For `error` of a parse: what is allowed where a schema itself has no words for it. */
export function allowedByIssue(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeNames[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return issue.values.map((value) => String(value)).join(', ');
    case 'too_big':
      return `at most ${issue.maximum.toLocaleString('en')} ${unitOf(issue.origin)}`.trim();
    case 'too_small':
      return `at least ${issue.minimum.toLocaleString('en')} ${unitOf(issue.origin)}`.trim();
    default:
      return 'another value';
  }
}

/** An issue of a schema whose messages say what is allowed, as problems in the words `found X; allowed Y`. */
export function issueProblems(issue: z.core.$ZodIssue, value: unknown, schema: z.core.$ZodType): Problem[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path, key, message: unknownKey(key, keysAt(schema, path)) }));
  }
  const branch = issue.code === 'invalid_union' ? deepestBranch(issue.errors) : [];
  if (branch.length > 0) {
    return branch.flatMap((inner) => issueProblems({ ...inner, path: [...path, ...inner.path] }, value, schema));
  }
  return [{ path, message: `found ${describeValue(valueAt(value, path))}; allowed ${issue.message}` }];
}

/** The alternative of a union that was meant: the one that got so far as to complain about something inside. */
function deepestBranch(branches: z.core.$ZodIssue[][]): z.core.$ZodIssue[] {
  return branches.find((issues) => issues.some(({ path }) => path.length > 0)) ?? [];
}

function unknownKey(key: string, allowed: readonly string[]): string {
  const near = nearMatches(key, allowed, 1)[0];
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  const list = allowed.length === 0 ? 'no further keys' : allowed.filter((name) => name !== '$schema').join(', ');
  return `found the unknown key ${quote(key)}${hint}; allowed ${list}`;
}

function valueAt(value: unknown, path: FieldPath): unknown {
  let current = value;
  for (const part of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, part)) return undefined;
    current = (current as Record<string | number, unknown>)[part];
  }
  return current;
}

function unitOf(origin: string): string {
  return origin === 'string' ? 'characters' : origin === 'array' ? 'entries' : '';
}
