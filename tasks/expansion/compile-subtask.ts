import type { Permissions } from '../plan/permissions.ts';
import type { ModelSettings } from '../plan/plan.ts';
import { parseDuration } from '../task-file/duration.ts';
import { limits } from '../task-file/limits.ts';
import type { FieldPath } from '../task-file/problems.ts';
import type { CheckFields } from '../task-file/settings-schemas.ts';
import type { SubtaskTemplate } from '../task-file/subtask-template-schema.ts';
import type { TaskFile } from '../task-file/task-file-schema.ts';
import { type Field, toField, toFields } from './field.ts';
import { environmentName } from './item-environment.ts';
import { mergeModel, mergePermissions } from './merge-settings.ts';
import type { ProblemCollector } from './problem-collector.ts';
import { shellPlacements } from './shell-placement.ts';
import { hasPlaceholder } from './template.ts';

/** A subtask template with everything done that is the same for all its items. */
export interface CompiledSubtask {
  path: FieldPath;
  template: SubtaskTemplate;
  id: Field;
  /** True when ids get the number of their item, because the template's id has no placeholder. */
  numbered: boolean;
  title: Field | undefined;
  needs: Field[];
  prompt: Field | undefined;
  run: Field | undefined;
  codemod: Field[];
  files: Field[];
  writes: Field[];
  inputs: Field[] | undefined;
  inputVariables: string[] | undefined;
  checks: { fields: CheckFields; run: Field }[];
  permissions: Permissions;
  model: ModelSettings;
  retries: number;
  timeoutMs: number;
  messages: boolean;
}

export function compileSubtask(taskFile: TaskFile, index: number, problems: ProblemCollector): CompiledSubtask {
  const template = taskFile.subtasks[index];
  if (template === undefined) throw new RangeError(`no subtask ${index}`);
  const path: FieldPath = ['subtasks', index];
  const optional = (text: string | undefined, name: string) =>
    text === undefined ? undefined : toField(text, [...path, name]);
  const defaults = taskFile.defaults ?? {};
  const id = toField(template.id, [...path, 'id']);
  const run = optional(template.run, 'run');
  const numbered = template.forEach !== undefined && !hasPlaceholder(id.template);
  checkIdLength(id, numbered, problems);
  if (run !== undefined) checkPlacement(run, problems);
  return {
    path,
    template,
    id,
    numbered,
    title: optional(template.title, 'title'),
    needs: toFields(template.needs, [...path, 'needs']),
    prompt: optional(template.prompt, 'prompt'),
    run,
    codemod: toFields(template.codemod, [...path, 'codemod']),
    files: toFields(template.files, [...path, 'files']),
    writes: toFields(template.writes, [...path, 'writes']),
    inputs: compileInputs(taskFile, template, path),
    inputVariables: template.inputVariables ?? defaults.inputVariables,
    checks: compileChecks(template.checks, [...path, 'checks'], problems),
    permissions: mergePermissions(defaults.permissions, taskFile.permissions, template.permissions),
    model: mergeModel(taskFile.model, defaults.model, template.model),
    retries: template.retries ?? defaults.retries ?? 2,
    timeoutMs: parseDuration(template.timeout ?? defaults.timeout ?? '20m'),
    messages: (template.messages ?? defaults.messages ?? false) && template.prompt !== undefined,
  };
}

function compileInputs({ defaults }: TaskFile, { inputs }: SubtaskTemplate, path: FieldPath): Field[] | undefined {
  if (inputs !== undefined) return toFields(inputs, [...path, 'inputs']);
  return defaults?.inputs === undefined ? undefined : toFields(defaults.inputs, ['defaults', 'inputs']);
}

export function compileChecks(checks: readonly CheckFields[] | undefined, path: FieldPath, problems: ProblemCollector) {
  return (checks ?? []).map((fields, index) => {
    const run = toField(fields.run, [...path, index, 'run']);
    checkPlacement(run, problems);
    return { fields, run };
  });
}

function checkPlacement(field: Field, problems: ProblemCollector): void {
  const placements = shellPlacements(field.template);
  const placeholders = field.template.filter((part) => typeof part !== 'string');
  for (const [index, { path, source, occurrence }] of placeholders.entries()) {
    const refused = placements[index];
    if (refused === undefined) continue;
    const quotes = refused.endsWith('quotes') && !refused.startsWith('or');
    const variable = path.length === 2 && path[0] === 'item' ? environmentName(path[1] ?? '') : 'FANFOLD_ITEM_…';
    const advice = quotes
      ? 'without them, since values are quoted already'
      : `outside of it, or "$${variable}" in its place`;
    problems.add({
      path: field.path,
      occurrence,
      message: `found \${{ ${source} }} inside ${refused}; allowed ${advice}`,
    });
  }
}

function checkIdLength(id: Field, numbered: boolean, problems: ProblemCollector): void {
  const placeholders = id.template.filter((part) => typeof part !== 'string').length;
  const literal = id.template.reduce((sum, part) => sum + (typeof part === 'string' ? part.length : 0), 0);
  if (literal + placeholders * 8 + (numbered ? 7 : 0) <= limits.nameLength) return;
  problems.add({
    path: id.path,
    message: `found an id with ${literal} characters of its own; allowed at most ${limits.nameLength} with the values in it`,
  });
}
