import { dirname, resolve } from 'node:path';
import {
  agentModels,
  defaultModelName,
  judgeModel,
  loadTaskFile,
  type ModelRole,
  type ModelSettings,
  modelRoles,
  modelTableOf,
  roleModel,
  type TaskFile,
  type UserModels,
} from '../../../tasks/index.ts';
import { builtInModels, findModel } from '../../../worker/index.ts';
import { formatModels, type ModelRow, type ModelUseRow } from '../../reporting/format-models.ts';
import type { CommandContext } from '../command-context.ts';
import { placedModel } from '../model-traffic.ts';
import { screenSettings } from '../screen-settings.ts';
import { userModels } from '../user-settings.ts';

/** `fanfold models`: the table of models as it applies here, and for a task file which of them does what. */
export async function models(
  { file, trust, json }: { file: string | undefined; trust: boolean; json: boolean },
  context: CommandContext,
): Promise<number> {
  const user = await userModels(context.environment);
  const path = file === undefined ? undefined : resolve(context.folder, file);
  const taskFile = path === undefined ? undefined : (await loadTaskFile(path, { trustModules: trust })).taskFile;
  const table = tableOf(taskFile ?? {}, user);
  const uses = usesOf(taskFile, user, path === undefined ? context.folder : dirname(path));
  const text = json
    ? JSON.stringify({ models: table, uses }, undefined, 2)
    : formatModels(table, uses, screenSettings(context.stdout, context));
  context.stdout.write(`${text}\n`);
  return 0;
}

function tableOf(taskFile: Pick<TaskFile, 'models'>, user: UserModels): ModelRow[] {
  const said = modelTableOf(taskFile, user);
  const names = new Set([...builtInModels(), ...Object.keys(said)]);
  const sourceOf = (name: string): ModelRow['source'] => {
    if (Object.hasOwn(taskFile.models ?? {}, name)) return 'task file';
    return Object.hasOwn(user.models ?? {}, name) ? 'settings' : 'built in';
  };
  return [...names].map((name) => ({ name, source: sourceOf(name), ...findModel(name, said) }));
}

/** Whoever asks the same model for the same is one row. Nothing is expanded: no item is asked for. */
function usesOf(taskFile: TaskFile | undefined, user: UserModels, folder: string): ModelUseRow[] {
  const rows = new Map<string, ModelUseRow>();
  const add = (role: ModelRole, settings: ModelSettings, by: string[]): void => {
    const { name = defaultModelName, baseUrl, effort, thinking, fallback } = settings;
    const use = { role, name: placedModel(name, folder), baseUrl, effort, thinking, fallback };
    const key = JSON.stringify(use);
    const known = rows.get(key) ?? { ...use, by: [] };
    rows.set(key, known);
    known.by.push(...by);
  };
  add('planner', roleModel({}, 'planner', user), []);
  if (taskFile === undefined) add('worker', roleModel({}, 'worker', user), []);
  for (const template of taskFile?.subtasks ?? []) {
    if (template.prompt === undefined) continue;
    const { model, summariser } = agentModels(taskFile ?? {}, template, user);
    add('worker', model, [template.id]);
    add('summariser', summariser ?? model, [template.id]);
  }
  for (const { name, judge } of taskFile === undefined ? [] : checksOf(taskFile)) {
    if (judge !== undefined) add('judge', judgeModel(taskFile ?? {}, judge.model, user), [name]);
  }
  return [...rows.values()].sort((left, right) => modelRoles.indexOf(left.role) - modelRoles.indexOf(right.role));
}

function checksOf({ checks = [], subtasks }: TaskFile) {
  return [...checks, ...subtasks.flatMap((subtask) => subtask.checks ?? [])];
}
