/**
 * A valid task file into a Plan: items, templates, checks and settings, dependencies, order. Called by the command
 * line for files and by planning for what a model wrote. It reads the world only through `sources`, starts nothing,
 * and either returns a whole Plan or throws FanfoldError `task-file-invalid` that lists the problems.
 */
import type { Check, Plan, RuleFile, Subtask } from '../plan/plan.ts';
import type { TaskFileSource } from '../task-file/problems.ts';
import type { TaskFile } from '../task-file/task-file-schema.ts';
import { askSource } from './ask-source.ts';
import { type CompiledSubtask, compileSubtask } from './compile-subtask.ts';
import { type CheckSettings, compileChecks, expandCheck } from './expand-checks.ts';
import { expandId, expandSubtask } from './expand-subtask.ts';
import { createAccount } from './expansion-account.ts';
import type { ExpansionSources } from './expansion-sources.ts';
import type { Field, Scope } from './field.ts';
import { describeItem, type Item } from './item.ts';
import { itemEnvironment } from './item-environment.ts';
import { type DraftSubtask, linkSubtasks } from './link-subtasks.ts';
import { loadItems } from './load-items.ts';
import { mergePermissions } from './merge-settings.ts';
import { collectProblems, type ProblemCollector } from './problem-collector.ts';
import { type CheckTexts, readCheckTexts } from './read-check-texts.ts';
import { renderId, renderShell } from './render.ts';
import { resolveAgents } from './resolve-agents.ts';
import type { UserModels } from './role-models.ts';

export interface ExpandOptions {
  /** Where the task file came from, for positions in problems. */
  source?: TaskFileSource;
  /** What the user's settings say of models. */
  user?: UserModels;
  signal?: AbortSignal;
}

export async function expandTaskFile(
  taskFile: TaskFile,
  sources: ExpansionSources,
  { source = {}, user = {}, signal }: ExpandOptions = {},
): Promise<Plan> {
  const problems = collectProblems(source);
  const variables = { run: { name: taskFile.name }, ...(taskFile.goal === undefined ? {} : { goal: taskFile.goal }) };
  const written = taskFile.subtasks.map((_, index) => compileSubtask(taskFile, index, problems, user));
  const texts = readCheckTexts(sources, problems);
  const checks = await expandChecks({ taskFile, user, problems }, { variables, problems }, texts);
  const { subtasks: compiled, agents } = await resolveAgents(written, sources, problems);
  problems.throwIfAny();

  const runChecks = checks.filter(({ on }) => on.includes('workspace'));
  const readRules = cachedRules(sources, problems);
  const workspace = taskFile.defaults?.workspace ?? 'worktree';
  const account = createAccount(problems);
  const forEachIds = new Set(taskFile.subtasks.filter(({ forEach }) => forEach).map(({ id }) => id));
  const drafts: DraftSubtask[] = [];
  for (const template of compiled) {
    const items = await itemsOf(template, sources, problems);
    for (const [position, item] of items.entries()) {
      signal?.throwIfAborted();
      const scope: Scope = { variables: item === undefined ? variables : { item, ...variables }, problems };
      const id = expandId(template, scope, position);
      const environment = item === undefined ? { variables: {}, omitted: [] } : itemEnvironment(item);
      const context = { scope, runName: taskFile.name, workspace, runChecks, environment, texts, readRules };
      const subtask = await expandSubtask(template, id, context);
      const about = item === undefined ? 'this subtask' : describeItem(item, position);
      if (account.add(subtask, template.id.path)) {
        drafts.push({ subtask, compiled: template, about, needs: needsOf(template, scope, forEachIds) });
      }
    }
  }
  problems.throwIfAny();
  const subtasks = linkSubtasks(drafts, compiled, problems);
  const modules = texts.modules();
  return {
    ...toPlan(taskFile, checks, subtasks),
    ...(agents.length === 0 ? {} : { agents }),
    ...(modules.length === 0 ? {} : { modules }),
  };
}

function toPlan(taskFile: TaskFile, checks: readonly Check[], subtasks: Subtask[]): Plan {
  const { name, goal, base = 'HEAD', into = `fanfold/${name}`, concurrency, budget } = taskFile;
  return {
    name,
    ...(goal === undefined ? {} : { goal }),
    base,
    into,
    environment: { FANFOLD_RUN_NAME: name },
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(budget === undefined ? {} : { budget }),
    checks: checks.filter(({ on }) => on.includes('merged')),
    subtasks,
  };
}

async function expandChecks(
  settings: Omit<CheckSettings, 'permissions'>,
  scope: Scope,
  texts: CheckTexts,
): Promise<Check[]> {
  const { checks, defaults, permissions } = settings.taskFile;
  const merged = mergePermissions(defaults?.permissions, permissions);
  const compiled = compileChecks(checks, ['checks'], { ...settings, permissions: merged });
  const places: Check['on'] = ['workspace', 'merged'];
  const context = { scope, texts, places, command: (field: Field) => renderShell(field, scope) };
  const expanded: Check[] = [];
  for (const check of compiled) expanded.push(await expandCheck(check, context));
  return expanded;
}

async function itemsOf(
  { template, path }: CompiledSubtask,
  sources: ExpansionSources,
  problems: ProblemCollector,
): Promise<(Item | undefined)[]> {
  if (template.forEach === undefined) return [undefined];
  return loadItems(template.forEach, [...path, 'forEach'], sources, problems);
}

/** Without a forEach of its own, a subtask names all expansions of a template by the template's id as written. */
function needsOf(compiled: CompiledSubtask, scope: Scope, forEachIds: ReadonlySet<string>): string[] {
  const whole = (field: Field) => compiled.template.forEach === undefined && forEachIds.has(field.text);
  return compiled.needs.map((field) => (whole(field) ? field.text : renderId(field, scope)));
}

function cachedRules(sources: ExpansionSources, problems: ProblemCollector) {
  const texts = new Map<string, Promise<{ text: string } | { problem: string }>>();
  return async (path: string, field: Field): Promise<RuleFile> => {
    const reading = texts.get(path) ?? askSource(async () => ({ text: await sources.readFile(path) }));
    texts.set(path, reading);
    const result = await reading;
    if ('text' in result) return { path, text: result.text };
    problems.add({ path: field.path, message: result.problem });
    return { path, text: '' };
  };
}
