import type { HelperLimits } from '../plan/agent-definition.ts';
import type { Permissions } from '../plan/permissions.ts';
import type { Budget, ModelSettings } from '../plan/plan.ts';
import { parseDuration } from '../task-file/duration.ts';
import { limits } from '../task-file/limits.ts';
import type { FieldPath } from '../task-file/problems.ts';
import type { SubtaskTemplate } from '../task-file/subtask-template-schema.ts';
import type { TaskFile } from '../task-file/task-file-schema.ts';
import { checkPlacement } from './check-placement.ts';
import { compileHelpers, nameAgent } from './compile-agent.ts';
import { compileCandidates } from './compile-candidates.ts';
import { type CompiledCheck, compileChecks } from './expand-checks.ts';
import { type Field, toField, toFields } from './field.ts';
import { mergeBudget, mergePermissions } from './merge-settings.ts';
import type { ProblemCollector } from './problem-collector.ts';
import { agentModels, type UserModels } from './role-models.ts';
import { hasPlaceholder } from './template.ts';

/** A subtask template with everything done that is the same for all its items. */
export interface CompiledSubtask {
  path: FieldPath;
  template: SubtaskTemplate;
  /** Its place in the task file, from 0. */
  index: number;
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
  checks: CompiledCheck[];
  permissions: Permissions;
  model: ModelSettings;
  summariser: ModelSettings | undefined;
  retries: number;
  /** Undefined where there is no agent. */
  repairs: number | undefined;
  /** Undefined for one. */
  candidates: number | undefined;
  timeoutMs: number;
  messages: boolean;
  budget: Budget | undefined;
  /** The definition that it names, with its place in the task file. */
  agent: { name: string; path: FieldPath } | undefined;
  helpers: HelperLimits | undefined;
}

export function compileSubtask(
  taskFile: TaskFile,
  index: number,
  problems: ProblemCollector,
  user: UserModels = {},
): CompiledSubtask {
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
  const permissions = mergePermissions(defaults.permissions, taskFile.permissions, template.permissions);
  return {
    path,
    template,
    index,
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
    checks: compileChecks(template.checks, [...path, 'checks'], { taskFile, user, permissions, problems }),
    permissions,
    ...agentModels(taskFile, template, user),
    retries: template.retries ?? defaults.retries ?? 2,
    repairs: template.prompt === undefined ? undefined : (template.repairs ?? defaults.repairs ?? 2),
    candidates: compileCandidates(taskFile, template, path, problems),
    timeoutMs: parseDuration(template.timeout ?? defaults.timeout ?? '20m'),
    budget: template.prompt === undefined ? undefined : mergeBudget(defaults.budget, template.budget),
    messages: (template.messages ?? defaults.messages ?? false) && template.prompt !== undefined,
    agent: nameAgent(taskFile, template, path),
    helpers: compileHelpers(taskFile, template),
  };
}

function compileInputs({ defaults }: TaskFile, { inputs }: SubtaskTemplate, path: FieldPath): Field[] | undefined {
  if (inputs !== undefined) return toFields(inputs, [...path, 'inputs']);
  return defaults?.inputs === undefined ? undefined : toFields(defaults.inputs, ['defaults', 'inputs']);
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
