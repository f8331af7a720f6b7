/** The checks of a task file or of a subtask: compiled once for all items, then expanded for each. */
import type { Check, ModelSettings } from '../plan/plan.ts';
import type { CheckFields } from '../task-file/check-schema.ts';
import { parseDuration } from '../task-file/duration.ts';
import { limits } from '../task-file/limits.ts';
import type { FieldPath } from '../task-file/problems.ts';
import type { PermissionSettings } from '../task-file/settings-schemas.ts';
import type { TaskFile } from '../task-file/task-file-schema.ts';
import { checkPlacement } from './check-placement.ts';
import { type Field, type Scope, toField } from './field.ts';
import type { ProblemCollector } from './problem-collector.ts';
import type { CheckTexts } from './read-check-texts.ts';
import { renderFenced } from './render.ts';
import { judgeModel, type UserModels } from './role-models.ts';

/** The score that a judge must give where nothing else is said. */
const judgesMinimum = 0.7;

interface CompiledJudge {
  rubric: Field | { file: string };
  model: ModelSettings;
  deny: string[];
}

/** A check with everything done that is the same for all items. */
export interface CompiledCheck {
  fields: CheckFields;
  path: FieldPath;
  run: Field | undefined;
  judge: CompiledJudge | undefined;
}

export interface CheckSettings {
  taskFile: TaskFile;
  user: UserModels | undefined;
  /** Of the agents whose work is judged. */
  permissions: PermissionSettings;
  problems: ProblemCollector;
}

export function compileChecks(
  checks: readonly CheckFields[] | undefined,
  path: FieldPath,
  settings: CheckSettings,
): CompiledCheck[] {
  return (checks ?? []).map((fields, index) => {
    const place = [...path, index];
    const run = fields.run === undefined ? undefined : toField(fields.run, [...place, 'run']);
    if (run !== undefined) checkPlacement(run, settings.problems);
    const judge = fields.judge === undefined ? undefined : compileJudge(fields.judge, [...place, 'judge'], settings);
    return { fields, path: place, run, judge };
  });
}

function compileJudge(
  { rubric, model: own }: NonNullable<CheckFields['judge']>,
  path: FieldPath,
  { taskFile, user, permissions }: CheckSettings,
): CompiledJudge {
  return {
    rubric: typeof rubric === 'string' ? toField(rubric, [...path, 'rubric']) : rubric,
    model: judgeModel(taskFile, own, user),
    // Nobody is there to be asked.
    deny: [...(permissions.deny ?? []), ...(permissions.ask ?? [])],
  };
}

export interface CheckContext {
  scope: Scope;
  texts: CheckTexts;
  /** Where checks run that do not say it. */
  places: Check['on'];
  /** The text of a shell command. */
  command: (field: Field) => string;
}

export async function expandCheck({ fields, path, run, judge }: CompiledCheck, context: CheckContext): Promise<Check> {
  const { name, minimum = judge === undefined ? undefined : judgesMinimum } = fields;
  const settings = {
    gate: fields.gate ?? true,
    timeoutMs: parseDuration(fields.timeout ?? '10m'),
    on: [...new Set(fields.on ?? context.places)],
    ...(minimum === undefined ? {} : { minimum }),
  };
  if (run !== undefined) {
    return { name, run: context.command(run), ...settings, ...(fields.score === true ? { score: true } : {}) };
  }
  if (judge !== undefined) {
    const { model, deny } = judge;
    const rubric = await rubricText(judge.rubric, [...path, 'judge', 'rubric'], context);
    return { name, judge: { rubric, model, deny }, ...settings };
  }
  const module = fields.module ?? '';
  const digest = await context.texts.module(module, [...path, 'module']);
  return { name, module: { path: module, digest }, ...settings };
}

async function rubricText(
  rubric: CompiledJudge['rubric'],
  path: FieldPath,
  { scope, texts }: CheckContext,
): Promise<string> {
  const text = 'file' in rubric ? await texts.rubric(rubric.file, [...path, 'file']) : renderFenced(rubric, scope);
  if (text.trim() !== '' && text.length <= limits.rubric) return text;
  const found = text.trim() === '' ? 'no text' : `${text.length.toLocaleString('en')} characters`;
  const allowed = `a rubric of 1 to ${limits.rubric.toLocaleString('en')} characters`;
  scope.problems.add({ path, message: `found ${found}; allowed ${allowed}` });
  return text;
}
