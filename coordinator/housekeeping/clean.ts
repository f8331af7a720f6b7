/**
 * Finds what dead and ended runs have left, and removes it. Called by coordinator/cli. Promise: nothing of a run at work,
 * nothing of a living process, no commit that is nowhere else unless forced; nothing is deleted but in the state folder,
 * git's folders of its worktrees, kept branches and temporary folders of dead processes; links are not followed.
 */
import { readdir } from 'node:fs/promises';
import { checkStateFolder, type Repository, type RunFolder, runFolder, type StateFolder } from '../../ipc/index.ts';
import { FanfoldError, messageOf } from '../../tasks/index.ts';
import { freeDeadClaims } from '../run/claim-branch.ts';
import { coordinatorOf, hasCrashed } from '../run/coordinator-lock.ts';
import { findRunProcesses } from '../run/run-processes.ts';
import { attendanceOf, holdRun } from '../run/sweep.ts';
import { findWorkspaces } from '../run/workspaces.ts';
import type { CleanItem, CleanReport, Finding } from './clean-report.ts';
import { type ExamineContext, examineRun, type RunRemains } from './examine-run.ts';
import { examineShared } from './examine-shared.ts';
import { findKeptBranches } from './kept-branches.ts';

export interface CleanOptions {
  state: StateFolder;
  repository: Repository | undefined;
  /** Ids of runs or their beginnings; all there are, and what belongs to no run, when there is none. */
  runs?: readonly string[];
  /** Find, and remove nothing. */
  dryRun?: boolean;
  /** Also remove the folders of runs that ended so many milliseconds ago, and results that no run used since; 0: all. */
  olderThanMs?: number;
  /** Also remove work that is nowhere else: branches with such commits and, with `olderThanMs`, unfinished runs. */
  force?: boolean;
  signal?: AbortSignal;
}

/** FanfoldError `run-not-found` for a run that is not known, `repository-invalid` where the state folder is none. */
export async function clean(options: CleanOptions): Promise<CleanReport> {
  const { state, repository, runs = [], dryRun = false, olderThanMs, force = false, signal } = options;
  await checkStateFolder(state);
  const folders = olderThanMs === undefined ? undefined : { olderThanMs, force };
  const cleaning = { state, repository, force, folders, dryRun, named: runs.length > 0 };
  const known = await knownRuns(state, repository);
  const chosen = runs.length === 0 ? known : runs.map((name) => chooseRun(known, name));
  const found = await findRemains(new Set(chosen), cleaning);
  const shared = cleaning.named ? [] : await examineShared(state, olderThanMs);
  const items: CleanItem[] = [];
  for (const run of new Set(chosen)) {
    signal?.throwIfAborted();
    items.push(...(await cleanRun(run, found, cleaning)));
  }
  for (const finding of shared) items.push(await settle(finding, dryRun));
  if (!dryRun) await freeDeadClaims(state);
  const gone = items.filter(({ outcome }) => outcome === 'found' || outcome === 'removed');
  return { dryRun, items, bytes: gone.reduce((sum, { bytes }) => sum + bytes, 0) };
}

interface Cleaning extends ExamineContext {
  dryRun: boolean;
  /** Runs were asked for by name: it is said why one is left alone. */
  named: boolean;
}

async function cleanRun(run: string, found: Remains, cleaning: Cleaning): Promise<CleanItem[]> {
  const { state, dryRun, named, folders } = cleaning;
  const folder = runFolder(state, run);
  const leave = (reason: string, forceable = false): CleanItem[] => {
    if (!named && folders === undefined && !forceable) return [];
    const item = { kind: 'run', name: `runs/${run}`, run, bytes: 0, reason, outcome: 'kept' } as const;
    return [{ ...item, ...(forceable ? { forceable } : {}) }];
  };
  const pid = await coordinatorOf(folder.lock);
  if (pid !== undefined) return leave(`it is at work (process ${pid})`);
  const crashed = await hasCrashed(folder.lock);
  const remains = remainsOf(run, crashed, found);
  const attended = attendedBy(folder, remains, cleaning);
  if (attended !== undefined) return leave(...attended);
  const findings = await examineRun(remains, cleaning);
  if (dryRun || findings.every(({ remove }) => remove === undefined)) {
    return Promise.all(findings.map((finding) => settle(finding, true)));
  }
  await using held = await holdRun(folder);
  if (held === undefined) return leave('a coordinator has just taken it up');
  // Somebody may have been at work on it between the first look and the lock.
  const now = remainsOf(run, crashed, await findRemains(new Set([run]), cleaning));
  const attendedNow = attendedBy(folder, now, cleaning);
  if (attendedNow !== undefined) return leave(...attendedNow);
  const items: CleanItem[] = [];
  for (const finding of await examineRun(now, cleaning)) items.push(await settle(finding, false));
  return items;
}

/** Why a run without a coordinator is left alone, and whether that can be forced; undefined where it is not. */
function attendedBy(
  folder: RunFolder,
  { workspaces }: RunRemains,
  { force }: Cleaning,
): [reason: string, forceable?: true] | undefined {
  const attendance = attendanceOf(folder, workspaces);
  if (attendance === 'living') return ['a worker is at work for it'];
  if (attendance === 'nobody' || force) return undefined;
  return ['a worker of another container may be at work for it', true];
}

async function settle({ remove, ...finding }: Finding, dryRun: boolean): Promise<CleanItem> {
  if (remove === undefined) return { ...finding, outcome: 'kept' };
  if (dryRun) return { ...finding, outcome: 'found' };
  try {
    if (await remove()) return { ...finding, outcome: 'removed' };
    return { ...finding, outcome: 'failed', error: 'something of it is still there' };
  } catch (error) {
    return { ...finding, outcome: 'failed', error: messageOf(error) };
  }
}

type Remains = Pick<RunRemains, 'workspaces' | 'processes' | 'branches'>;

async function findRemains(runs: ReadonlySet<string>, { state, repository }: ExamineContext): Promise<Remains> {
  const [workspaces, processes, branches] = await Promise.all([
    findWorkspaces(state, repository),
    findRunProcesses(runs),
    repository === undefined ? [] : findKeptBranches(repository),
  ]);
  return { workspaces, processes, branches };
}

function remainsOf(run: string, crashed: boolean, { workspaces, processes, branches }: Remains): RunRemains {
  const isOfRun = (found: { run: string }): boolean => found.run === run;
  return {
    run,
    crashed,
    workspaces: workspaces.filter(isOfRun),
    processes: processes.filter(isOfRun),
    branches: branches.filter(isOfRun),
  };
}

/** By their folders, their workspaces and their branches. */
async function knownRuns(state: StateFolder, repository: Repository | undefined): Promise<string[]> {
  const entries = await readdir(state.runs, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const folders = entries.filter((entry) => entry.isDirectory() && /^[a-z0-9-]+$/.test(entry.name));
  const workspaces = await findWorkspaces(state, repository);
  const branches = repository === undefined ? [] : await findKeptBranches(repository);
  const names = [...folders.map(({ name }) => name), ...[...workspaces, ...branches].map(({ run }) => run)];
  return [...new Set(names)].sort();
}

function chooseRun(known: readonly string[], name: string): string {
  const matches = known.includes(name) ? [name] : known.filter((run) => run.startsWith(name));
  const [run] = matches;
  if (run !== undefined && matches.length === 1) return run;
  const choices = matches.length > 0 ? matches : known;
  throw new FanfoldError({
    code: 'run-not-found',
    message:
      matches.length > 1
        ? `${JSON.stringify(name)} is the beginning of ${matches.length} runs.`
        : `There is no run ${JSON.stringify(name)}, and nothing is left of one.`,
    next: choices.length > 0 ? `Name one of: ${choices.slice(0, 8).join(', ')}.` : 'There is nothing to clean.',
  });
}
