import { acceptedTemplate } from '../task-file/field-schemas.ts';
import type { FieldPath } from '../task-file/problems.ts';
import type { ProblemCollector } from './problem-collector.ts';
import type { Template } from './template.ts';

/** A templated text with its place in the task file. */
export interface Field {
  path: FieldPath;
  text: string;
  template: Template;
}

/** What placeholders can name, and who hears of those that name nothing. */
export interface Scope {
  /** The roots of placeholders: item, run, goal. */
  variables: Readonly<Record<string, unknown>>;
  problems: ProblemCollector;
}

export function toField(text: string, path: FieldPath): Field {
  return { path, text, template: acceptedTemplate(text) };
}

/** One text or a list of them as fields with a path each. */
export function toFields(value: string | readonly string[] | undefined, path: FieldPath): Field[] {
  if (value === undefined) return [];
  return typeof value === 'string'
    ? [toField(value, path)]
    : value.map((text, index) => toField(text, [...path, index]));
}
