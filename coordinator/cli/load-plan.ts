import { existsSync, statSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { resolveCommit } from '../../ipc/index.ts';
import {
  expandTaskFile,
  FanfoldError,
  loadTaskFile,
  type ModelSettings,
  type Plan,
  type Subtask,
  type TaskFile,
  type TaskFileSource,
} from '../../tasks/index.ts';
import { requireRepository } from '../run/require-repository.ts';
import { checkOutputs } from './check-outputs.ts';
import type { PlanArguments } from './command-options.ts';
import { expansionSources, placeIn } from './expansion-sources.ts';
import { placedModel } from './model-traffic.ts';
import { withJudge, withModels } from './models-of-plan.ts';
import { asksModels, userModels } from './user-settings.ts';
import { withArguments } from './with-arguments.ts';
import type { Workplace } from './workplace.ts';

/** What a person named on the command line. */
export type Target = { kind: 'file'; path: string } | { kind: 'goal'; goal: string };

/** One word that is a file, or looks like one, is a task file; several words, or a sentence, are a goal. */
export function targetOf(words: readonly string[], folder: string): Target {
  const [first = ''] = words;
  const path = resolve(folder, first);
  if (words.length === 1 && first !== '' && existsSync(path)) {
    if (statSync(path).isFile()) return { kind: 'file', path };
    throw new FanfoldError({
      code: 'task-file-not-found',
      message: `${path} is no file.`,
      next: 'Name the task file in it, for instance fanfold.yml.',
    });
  }
  if (words.length === 1 && looksLikeFile(first)) {
    throw new FanfoldError({
      code: 'task-file-not-found',
      message: `There is no task file ${path}.`,
      next: 'Check the path, or write a new task file with `fanfold init`.',
    });
  }
  if (words.length > 1 && words.every(looksLikeFile)) {
    throw new FanfoldError({
      code: 'usage',
      message: `A run takes one task file, and ${words.length} were named: ${words.join(', ')}.`,
      next: 'Run them one after another.',
    });
  }
  const goal = words.join(' ').trim();
  if (goal.length >= 8) return { kind: 'goal', goal };
  throw new FanfoldError({
    code: 'usage',
    message: `${JSON.stringify(goal)} is neither a task file nor a goal.`,
    next: 'Name a file, or say in a sentence what should be done.',
  });
}

function looksLikeFile(word: string): boolean {
  return /^\S+\.(ya?ml|json|[cm]?[jt]s)$/.test(word);
}

/** Read, validate and expand a task file, with the command line's settings on top. */
export async function loadPlanFromFile(
  path: string,
  args: PlanArguments,
  workplace: Workplace,
  signal: AbortSignal,
): Promise<Plan> {
  const { taskFile, source } = await loadTaskFile(path, { trustModules: args.trust, signal });
  return expand(withArguments(taskFile, args), {
    taskFolder: dirname(path),
    source,
    workplace,
    signal,
    trustModules: args.trust,
    modelIsGiven: args.model !== undefined,
    baseIsGiven: args.base !== undefined,
    baseUrl: args.baseUrl,
  });
}

/** What a task file names lies beside it. */
function withPlace(model: ModelSettings, taskFolder: string): ModelSettings {
  return model.name === undefined ? model : { ...model, name: placedModel(model.name, taskFolder) };
}

export interface ExpansionContext {
  /** Rule and data files are looked for here first; commands find it as FANFOLD_TASK_FOLDER. */
  taskFolder: string;
  source: TaskFileSource;
  workplace: Workplace;
  signal: AbortSignal;
  /** Modules of checks may run. */
  trustModules?: boolean;
  /** The command line names the model, which outranks those of agents' definitions. */
  modelIsGiven?: boolean;
  /** The command line names the base. */
  baseIsGiven?: boolean;
  /** The server that the command line names. */
  baseUrl?: string | undefined;
}

export async function expand(taskFile: TaskFile, context: ExpansionContext): Promise<Plan> {
  const { taskFolder, source, workplace, signal, modelIsGiven = false, trustModules = false } = context;
  const base = taskFile.base ?? 'HEAD';
  checkOutputs(taskFile, source);
  await checkBase(taskFile, context);
  const sources = expansionSources({ workplace, taskFolder, base, signal, trustModules, modelIsGiven });
  const user = asksModels(taskFile) ? await userModels(process.env, context.baseUrl) : {};
  const plan = await expandTaskFile(taskFile, sources, { source, user, signal });
  requireRepository(plan, workplace.folder, workplace.repository);
  const place = (model: ModelSettings): ModelSettings => withPlace(model, taskFolder);
  const environment = { FANFOLD_TASK_FOLDER: taskFolder };
  const file =
    source.path === undefined ? undefined : placeIn(workplace.folder, await realpath(source.path).catch(() => ''));
  const placed = ({ itemsFile, ...subtask }: Subtask): Subtask => {
    const dataFile = itemsFile === undefined ? undefined : sources.placeOf(itemsFile);
    return { ...withModels(subtask, place), ...(dataFile === undefined ? {} : { itemsFile: dataFile }) };
  };
  return {
    ...plan,
    ...(file === undefined ? {} : { file }),
    environment: { ...environment, ...plan.environment },
    checks: plan.checks.map((check) => withJudge(check, place)),
    subtasks: plan.subtasks.map((subtask) => ({
      ...placed(subtask),
      environment: { ...environment, ...subtask.environment },
    })),
  };
}

/** FanfoldError `base-unknown` where somebody named a base that is no commit; HEAD is looked for when it is needed. */
async function checkBase(
  { base }: TaskFile,
  { workplace, source, baseIsGiven = false }: ExpansionContext,
): Promise<void> {
  if (base === undefined || workplace.repository === undefined) return;
  try {
    await resolveCommit(workplace.repository, base);
  } catch (error) {
    if (!(error instanceof FanfoldError) || error.code !== 'base-unknown') throw error;
    const { line, column } = (baseIsGiven ? undefined : source.locate?.(['base'])) ?? {};
    const place = [source.path, line, column].filter((part) => part !== undefined).join(':');
    const where = baseIsGiven ? '--base: ' : place === '' ? '' : `${place}: base: `;
    throw new FanfoldError({ code: 'base-unknown', message: `${where}${error.message}`, next: error.next });
  }
}
