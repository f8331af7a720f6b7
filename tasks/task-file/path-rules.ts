import { expandBraces } from '../expansion/expand-braces.ts';

const absolute = /^(\/|~\/|[A-Za-z]:[\\/])/;

/**
 * Why a path may not stand in a task file, as the words that follow "allowed"; undefined when it may. Where the path
 * leads is for whoever opens it to judge.
 */
export function pathProblem(path: string): string | undefined {
  if (path.trim() === '') return 'a path that is not empty';
  if (path.includes('\0')) return 'a path without NUL characters';
  if (absolute.test(path)) return 'a relative path, with / between its parts';
  return undefined;
}

/**
 * Like pathProblem, for globs: these may not lead out of the repository. A leading `!` (exclude) is no part of it, and
 * a backslash escapes the character after it.
 */
export function patternProblem(pattern: string): string | undefined {
  const body = pattern.startsWith('!') ? pattern.slice(1) : pattern;
  if (/^\\[\w/]/.test(body)) return 'a relative glob, with / between its parts';
  const plain = body.replace(/\\(.)/gs, '$1');
  if (plain.split('/').includes('..')) return 'a glob without .. parts';
  if (/(^|[^\\])(\\\\)*\\$/.test(body)) return 'a glob that does not end in a single backslash';
  if (expandBraces(body) === undefined) return 'a glob with at most 1,000 alternatives in { }';
  return pathProblem(body);
}

/** `./a//b/` and `a/./b/` as `a/b/`, `.` as `**`: the form that globs are compared in. */
export function normalizePattern(pattern: string): string {
  const negated = pattern.startsWith('!');
  const parts = (negated ? pattern.slice(1) : pattern).split('/');
  const kept = parts.filter((part, index) => part !== '.' && (part !== '' || index === parts.length - 1)).join('/');
  return `${negated ? '!' : ''}${kept === '' ? '**' : kept}`;
}
