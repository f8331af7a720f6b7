/**
 * Reuses what earlier runs made from the same definition and inputs, and keeps what this one makes. Called by dispatch.ts
 * for every subtask before it is handed out and after it was accepted. Promise: it never throws and never fails a run;
 * what is in doubt is done again.
 */
import { existsSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import PQueue from 'p-queue';
import {
  attemptFolder,
  changedFile,
  commandEnvironment,
  inputVariablesDigest,
  type Outcome,
  type Repository,
  readFolderChanges,
  recipients,
  runFolder,
  type StateFolder,
} from '../../ipc/index.ts';
import { noUsage, type Plan, replayFile, type Subtask, type SubtaskState } from '../../tasks/index.ts';
import { createDefinitions } from './definitions.ts';
import { digestOf } from './digest.ts';
import { createMissExplainer } from './explain-miss.ts';
import { inputChoice, listingsOf } from './input-choice.ts';
import { createInputDigests } from './input-digests.ts';
import { type KeptResult, resultFormat } from './kept-result.ts';
import { reRoot } from './re-root.ts';
import { createResultStore, type ResultKey } from './result-store.ts';

export interface ResultCacheOptions {
  run: string;
  plan: Plan;
  state: StateFolder;
  folder: string;
  repository: Repository | undefined;
  /** Commit the run started from; absent where nothing works in git. */
  base: string | undefined;
  /** The newest commit of the run's branch. */
  tip: () => string | undefined;
  /** Fanfold's own version. */
  version: string;
  instructions: string | undefined;
  /** What the run knows of a subtask. */
  settled: (subtask: string) => SubtaskState | undefined;
  /** Do everything again; what it comes to is kept all the same. */
  force: boolean;
  /** Subtasks to be done again. */
  again: readonly string[];
  /** What was handed out in an earlier session of the run, which may have found other files. */
  begunBefore: (subtask: string) => boolean;
  /** To be told once: why subtasks are done again that nobody would expect to be. */
  onSurprise: (message: string) => void;
  /** Results can't be kept. Called once. */
  onFailure: (error: unknown) => void;
}

/** What an earlier run made of a subtask, as if a worker had just answered. */
export interface Reused {
  outcome: Outcome;
  run: string;
  /** Folder of that run, which holds its attempts. */
  runFolder: string;
}

export interface ResultCache {
  /** Undefined where there is nothing to look up. */
  reuse: ((subtask: Subtask) => Promise<Reused | undefined>) | undefined;
  /** A subtask was accepted: keep its result for later runs. */
  keep(subtask: Subtask, outcome: Outcome): void;
  /** Resolves when all that is to be kept is on disk. Called once, when no subtask is at work any more. */
  written(): Promise<void>;
}

const writesAtOnce = 4;

export function createResultCache(options: ResultCacheOptions): ResultCache {
  const { plan, run, state, repository } = options;
  const store = createResultStore(state.results);
  const digests = createInputDigests(options);
  const visible = commandEnvironment(process.env);
  const definitionOf = createDefinitions({ ...options, visible });
  const reusable = reusableSubtasks(plan);
  const explainMiss = createMissExplainer({ plan, store, digests, onSurprise: options.onSurprise });
  const writing = new PQueue({ concurrency: writesAtOnce });
  /** What worked in the folder itself is kept at the end, when it shows whether its inputs stayed as they were. */
  const inPlace: { subtask: Subtask; outcome: Outcome }[] = [];
  let failed = false;

  // The folder changes as work in it ends and copies are accepted: what it held is looked at before.
  for (const subtask of plan.subtasks) {
    if (subtask.workspace !== 'worktree' && reusable.has(subtask.id)) digests.found(subtask).catch(() => {});
  }

  /** The run whose work is taken for a subtask that was accepted. */
  function originOf(id: string): string | undefined {
    const { status, reusedFrom } = options.settled(id) ?? {};
    if (status === 'cached') return reusedFrom;
    return status === 'landed' || status === 'unchanged' ? run : undefined;
  }

  function keyOf(subtask: Subtask, files: string | undefined): ResultKey | undefined {
    const origins = subtask.needs.map((need) => originOf(need));
    if (files === undefined || origins.includes(undefined)) return undefined;
    // A need whose work was made again may have come out differently.
    const needs = subtask.needs.map((need, index) => `${definitionOf(need)} ${origins[index]}`).sort();
    return { definition: definitionOf(subtask.id), inputs: digestOf([files, needs]) };
  }

  async function find(subtask: Subtask): Promise<Reused | undefined> {
    if (!reusable.has(subtask.id) || options.again.includes(subtask.id)) return undefined;
    if (!(await store.knows(definitionOf(subtask.id)))) return undefined;
    const key = keyOf(subtask, await digests.found(subtask));
    const kept = key === undefined ? undefined : await store.read(key);
    if (kept === undefined) {
      await explainMiss(subtask, definitionOf(subtask.id));
      return undefined;
    }
    const earlier = runFolder(state, kept.run).root;
    const adapted = await adapt(subtask, kept, earlier);
    return adapted && { outcome: outcomeOf(subtask, adapted, run), run: kept.run, runFolder: earlier };
  }

  /** The result as it can be accepted now; undefined where its work is gone, or fits here no more. */
  async function adapt(subtask: Subtask, kept: KeptResult, earlier: string): Promise<KeptResult | undefined> {
    if (subtask.workspace === 'none') {
      const same = kept.left === undefined || kept.left === (await digests.left(subtask));
      return kept.result === 'done' && same ? kept : undefined;
    }
    if (kept.result === 'unchanged') return kept;
    if (kept.result !== 'changed') return undefined;
    if (subtask.workspace === 'copy') return (await hasCopies(earlier, kept)) ? kept : undefined;
    const { commit, base } = kept;
    const tip = options.tip();
    if (repository === undefined || options.base === undefined || tip === undefined) return undefined;
    if (commit === undefined || base === undefined) return undefined;
    const rooted = await reRoot(repository, { commit, base, start: options.base, tip });
    return rooted === undefined ? undefined : { ...kept, commit: rooted };
  }

  async function write(subtask: Subtask, outcome: Outcome, files: string | undefined): Promise<void> {
    const key = keyOf(subtask, files);
    const kept = key === undefined ? undefined : keptOf(outcome, subtask, await leftBy(subtask));
    if (key === undefined || kept === undefined) return;
    const rest = await digests.foundWithout(subtask, listingsOf(subtask, plan));
    await store.write(key, { ...kept, ...(rest === undefined ? {} : { rest }) });
  }

  async function leftBy(subtask: Subtask): Promise<string | undefined> {
    return subtask.workspace === 'none' && subtask.writes.length > 0 ? digests.left(subtask) : undefined;
  }

  function enqueue(work: () => Promise<void>): void {
    writing.add(work).catch((error: unknown) => {
      if (!failed) options.onFailure(error);
      failed = true;
    });
  }

  return {
    reuse:
      options.force || reusable.size === 0 || !existsSync(state.results)
        ? undefined
        : (subtask) => find(subtask).catch(() => undefined),
    keep(subtask, outcome) {
      if (!reusable.has(subtask.id)) return;
      // A worker beside the run, or an earlier session of it, may have had other variables.
      if (outcome.inputVariables !== inputVariablesDigest(subtask, visible)) return;
      if (subtask.workspace !== 'worktree' && options.begunBefore(subtask.id)) return;
      if (subtask.workspace === 'none') inPlace.push({ subtask, outcome });
      else enqueue(async () => write(subtask, outcome, await digests.untouched(subtask)));
    },
    async written() {
      for (const { subtask, outcome } of inPlace) {
        enqueue(async () => write(subtask, outcome, await digests.untouched(subtask)));
      }
      await writing.onIdle();
    },
  };
}

/**
 * Those whose result can be told to depend on nothing that changes unseen, and so can all they need. What is replayed
 * costs nothing, and is run to see that the recording still fits.
 */
function reusableSubtasks(plan: Plan): ReadonlySet<string> {
  const reusable = new Set<string>();
  if (plan.purpose === 'planning') return reusable;
  for (const subtask of plan.subtasks) {
    const known = replayFile(subtask.model.name) === undefined && inputChoice(subtask) !== undefined;
    if (known && subtask.needs.every((need) => reusable.has(need))) reusable.add(subtask.id);
  }
  return reusable;
}

function keptOf(outcome: Outcome, { workspace }: Subtask, left: string | undefined): KeptResult | undefined {
  const { run, subtask, attempt, result, commit, base, changedFiles, output } = outcome;
  if (result === 'failed' || result === 'cancelled') return undefined;
  const inGit = workspace === 'worktree' && result === 'changed';
  if (inGit && (commit === undefined || base === undefined)) return undefined;
  return {
    format: resultFormat,
    run,
    subtask,
    attempt,
    result,
    ...(inGit && commit !== undefined && base !== undefined ? { commit, base } : {}),
    ...(changedFiles === undefined ? {} : { changedFiles }),
    ...(output === undefined ? {} : { output }),
    ...(left === undefined ? {} : { left }),
  };
}

/** Checks are left out: those that decide are made again on the merged tree, or depend only on what is the same. */
function outcomeOf(
  { id, workspace }: Subtask,
  { subtask, attempt, result, commit, changedFiles, output }: KeptResult,
  run: string,
): Outcome {
  return {
    run,
    // What a copy changed is looked for in the attempt that made it.
    subtask: workspace === 'copy' ? subtask : id,
    attempt,
    worker: recipients.coordinator,
    result,
    ...(commit === undefined ? {} : { commit }),
    ...(changedFiles === undefined ? {} : { changedFiles }),
    ...(output === undefined ? {} : { output }),
    checks: [],
    usage: noUsage(),
    denials: 0,
    durationMs: 0,
  };
}

/** Whether the changes that an attempt made in a copy are all still there. */
async function hasCopies(folder: string, { subtask, attempt }: KeptResult): Promise<boolean> {
  const attemptAt = attemptFolder(folder, subtask, attempt);
  const changes = await readFolderChanges(attemptAt);
  for (const { path, after } of changes) if (after?.kind === 'file') await lstat(changedFile(attemptAt, path));
  return true;
}
