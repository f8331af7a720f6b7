import { z } from 'zod';
import { literalText, parseTemplate, type Template } from '../expansion/template.ts';
import { limits } from './limits.ts';
import { pathProblem, patternProblem } from './path-rules.ts';

/** Text of 1 to `maximum` characters without NUL. Every `error` in these schemas is the words after "allowed". */
export function textSchema(maximum: number) {
  // Only worded when it is needed: the first formatting of a number loads all of ICU, which costs 30 ms.
  const error = () => `text of 1 to ${maximum.toLocaleString('en')} characters`;
  return z
    .string({ error })
    .min(1, { error })
    .max(maximum, { error })
    .regex(/^[^\0]*$/, { error: 'text without NUL characters' });
}

/** Text with `${{ }}` placeholders; `judge` sees it with a stand-in for each and answers what is allowed instead. */
export function templateSchema(maximum: number, judge: (text: string) => string | undefined = () => undefined) {
  return textSchema(maximum).refine((text) => templateProblem(text, judge) === undefined, {
    error: (issue) => templateProblem(String(issue.input), judge) ?? 'text',
  });
}

function templateProblem(text: string, judge: (text: string) => string | undefined): string | undefined {
  const parsed = parseTemplate(text);
  if ('problem' in parsed) return `well-formed placeholders, not ${parsed.problem}`;
  return judge(literalText(parsed.template, 'x'));
}

/** A text as a template, once a schema of this file has accepted it. */
export function acceptedTemplate(text: string): Template {
  const parsed = parseTemplate(text);
  return 'problem' in parsed ? [text] : parsed.template;
}

/** A glob with placeholders, relative to the repository. */
export const patternTemplateSchema = templateSchema(limits.path, patternProblem);

/** A path with placeholders, relative to the task file's folder. */
export const pathTemplateSchema = templateSchema(limits.path, pathProblem);

/** A path or glob in a place where placeholders have no values yet. */
export function plainPathSchema(judge: (text: string) => string | undefined) {
  const problem = (text: string) => (text.includes('${{') ? 'a path without ${{ }}' : judge(text));
  return textSchema(limits.path).refine((text) => problem(text) === undefined, {
    error: (issue) => problem(String(issue.input)) ?? 'a path',
  });
}

export function listSchema<T extends z.ZodType>(element: T, what: string, maximum: number = limits.list) {
  const error = () => `a list of 1 to ${maximum.toLocaleString('en')} ${what}`;
  return z.array(element, { error }).min(1, { error }).max(maximum, { error });
}

/** For `when`: lets a rule about several fields speak even where one of them is invalid. */
export function isPlainObject({ value }: { value: unknown }): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** For JSON Schema's `oneOf`: exactly one of these keys. Written out, because readers skip `required` on its own. */
export function requireOne(keys: readonly string[]) {
  return keys.map((key) => ({ type: 'object', properties: { [key]: {} }, required: [key] }));
}
