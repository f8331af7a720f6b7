/**
 * Puts values into templates. What a value turns into depends on where it lands: a shell word, an escaped part of a
 * glob, a slug in an id, plain text elsewhere. Problems go to the collector and the result is then of no use.
 */

import { describeValue, quote } from '../task-file/describe-value.ts';
import { limits } from '../task-file/limits.ts';
import { normalizePattern, pathProblem, patternProblem } from '../task-file/path-rules.ts';
import { fence } from '../text/fence.ts';
import type { Field, Scope } from './field.ts';
import { escapeGlob } from './glob-pattern.ts';
import { resolvePlaceholder } from './resolve-placeholder.ts';
import { shellQuote } from './shell-quote.ts';
import { slug } from './slug.ts';
import type { Placeholder } from './template.ts';

/** Plain text; lists are joined by newlines. */
export function renderText(field: Field, scope: Scope): string {
  return renderWith(field, scope, plainText);
}

/** Text that tells a model what to do, with values that may say anything; see fence. */
export function renderFenced(field: Field, scope: Scope): string {
  return renderWith(field, scope, (value) => fence(plainText(value)));
}

/** A shell command: every value is a quoted word, a list several of them. Placement was judged before. */
export function renderShell(field: Field, scope: Scope): string {
  return renderWith(field, scope, (value, placeholder) => {
    const words = (Array.isArray(value) ? value : [value]).map(plainText);
    if (words.some((word) => word.includes('\0'))) {
      report(field, placeholder, scope, 'a value with a NUL character; allowed values without');
      return '';
    }
    return words.map((word) => shellQuote(isPathField(placeholder) ? guardOption(word) : word)).join(' ');
  });
}

/** An id: values become slugs that leave room for the literal text. */
export function renderId(field: Field, scope: Scope): string {
  const placeholders = field.template.filter((part) => typeof part !== 'string').length;
  const literal = field.template.reduce((sum, part) => sum + (typeof part === 'string' ? part.length : 0), 0);
  const room = Math.floor((limits.nameLength - literal) / Math.max(1, placeholders));
  return renderWith(field, scope, (value) => slug(plainText(value), room));
}

/** Globs: characters of values are escaped. An entry that is one placeholder with a list yields an entry for each. */
export function renderPatterns(fields: readonly Field[], scope: Scope): string[] {
  return fields.flatMap((field) => {
    const patterns = renderEntries(field, scope, (value) => escapeGlob(plainText(value)));
    return patterns.map((pattern) => {
      check(field, scope, pattern, patternProblem(pattern));
      return normalizePattern(pattern);
    });
  });
}

/** Paths of files beside the task file; lists as in renderPatterns. */
export function renderPaths(fields: readonly Field[], scope: Scope): { path: string; field: Field }[] {
  return fields.flatMap((field) =>
    renderEntries(field, scope, plainText).map((path) => {
      check(field, scope, path, pathProblem(path));
      return { path, field };
    }),
  );
}

function renderEntries(field: Field, scope: Scope, render: (value: unknown) => string): string[] {
  const [only] = field.template;
  if (field.template.length === 1 && typeof only === 'object') {
    const value = resolvePlaceholder(field, only, scope);
    if (value === undefined) return [];
    return (Array.isArray(value) ? value : [value]).map(render);
  }
  return [
    renderWith(field, scope, (value, placeholder) => {
      if (!Array.isArray(value)) return render(value);
      report(
        field,
        placeholder,
        scope,
        `${describeValue(value)} inside other text; allowed a list as an entry of its own`,
      );
      return '';
    }),
  ];
}

function renderWith(field: Field, scope: Scope, render: (value: unknown, placeholder: Placeholder) => string): string {
  let text = '';
  for (const part of field.template) {
    text += typeof part === 'string' ? part : render(resolvePlaceholder(field, part, scope), part);
  }
  return text;
}

function plainText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(plainText).join('\n');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function check(field: Field, scope: Scope, text: string, allowed: string | undefined): void {
  if (allowed === undefined) return;
  scope.problems.add({ path: field.path, message: `found ${quote(text)} after expansion; allowed ${allowed}` });
}

function report(field: Field, { occurrence, source }: Placeholder, { problems }: Scope, what: string): void {
  problems.add({ path: field.path, occurrence, message: `found in \${{ ${source} }} ${what}` });
}

function isPathField({ path }: Placeholder): boolean {
  return ['path', 'paths', 'dir'].includes(path.at(-1) ?? '');
}

/** A path such as `-rf` would be read as an option by most commands. */
function guardOption(path: string): string {
  return path.startsWith('-') ? `./${path}` : path;
}
