/** Where the state of runs lives: `.fanfold/` of the target folder, ignored by its own .gitignore. Plain paths only. */
import { lstat, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FanfoldError } from '../../tasks/index.ts';
import { writeWhole } from './write-whole.ts';

const ignored = '*\n!/agents/\n!/agents/**\n';
/** By versions before 0.3. */
const ignoredBefore = '*\n';

/** Paths below the `.fanfold` folder of a repository (or of the folder worked on outside git). */
export interface StateFolder {
  root: string;
  runs: string;
  /** Worktrees and copies of attempts. */
  workspaces: string;
  /** Folders renamed away before they are deleted. */
  trash: string;
  /** Results of subtasks by what they were made from, for later runs. */
  results: string;
  /** Who is at work on which branch. */
  branches: string;
}

/** Paths of one run. */
export interface RunFolder {
  id: string;
  root: string;
  journal: string;
  mailbox: string;
  results: string;
  lock: string;
}

export function stateFolder(top: string): StateFolder {
  const root = join(top, '.fanfold');
  return {
    root,
    runs: join(root, 'runs'),
    workspaces: join(root, 'workspaces'),
    trash: join(root, 'trash'),
    results: join(root, 'results'),
    branches: join(root, 'branches'),
  };
}

export function runFolder(state: StateFolder, id: string): RunFolder {
  const root = join(state.runs, id);
  return {
    id,
    root,
    journal: join(root, 'journal.jsonl'),
    mailbox: join(root, 'mailbox'),
    results: join(root, 'results.jsonl'),
    lock: join(root, 'coordinator'),
  };
}

/** The folder for the logs of one attempt. */
export function attemptFolder(runRoot: string, subtask: string, attempt: number): string {
  return join(runRoot, 'subtasks', subtask, String(attempt));
}

/** In an attempt's folder, for the logs of one of several agents that try. */
export function candidateFolder(attempt: string, candidate: number): string {
  return join(attempt, `candidate-${candidate}`);
}

/**
 * Make `.fanfold/` with its .gitignore. Idempotent. FanfoldError `repository-invalid`, with nothing written, where one
 * of its folders is no folder of this user's own: a repository may come with links that lead elsewhere.
 */
export async function ensureStateFolder(state: StateFolder): Promise<void> {
  await checkStateFolder(state);
  await mkdir(state.runs, { recursive: true, mode: 0o700 });
  await ignoreAll(state);
}

/** All but what defines agents, which a team may want to share. */
async function ignoreAll({ root }: StateFolder): Promise<void> {
  const path = join(root, '.gitignore');
  try {
    await writeFile(path, ignored, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if ((await readFile(path, 'utf8')) === ignoredBefore) await writeWhole(path, ignored);
  }
}

/** The same without making anything: what is not there is fine. */
export async function checkStateFolder(state: StateFolder): Promise<void> {
  const { root, runs, workspaces, trash, results, branches } = state;
  for (const path of [root, runs, workspaces, trash, results, branches]) await refuseForeign(path);
}

async function refuseForeign(path: string): Promise<void> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  if (found === undefined) return;
  const user = process.getuid?.();
  const reason = found.isSymbolicLink()
    ? 'is a symbolic link'
    : !found.isDirectory()
      ? 'is not a folder'
      : user !== undefined && found.uid !== user
        ? `belongs to another user (${found.uid}, not ${user})`
        : undefined;
  if (reason === undefined) return;
  throw new FanfoldError({
    code: 'repository-invalid',
    message: `${path} ${reason}, and Fanfold keeps its runs only in folders of your own.`,
    next: `Look at it, then remove it or move it away; Fanfold makes a new one.`,
  });
}

/** Ids of the runs there are, newest first. A link is none: it would lead to what is no run of this folder. */
export async function listRuns(state: StateFolder): Promise<string[]> {
  const entries = await readdir(state.runs, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const startOf = (id: string) => /-(\d{8}-\d{6})-[a-z0-9]+$/.exec(id)?.[1] ?? '';
  return names.sort((left, right) => startOf(right).localeCompare(startOf(left)) || right.localeCompare(left));
}

/** A new run id: name, UTC time, four random letters; at most 64 characters of [a-z0-9-]. */
export function newRunId(name: string, now: Date, random: string): string {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${name.slice(0, 42)}-${stamp}-${random}`;
}

/** The run that a user means: a whole id, the beginning of one, or nothing for the newest. */
export async function findRun(state: StateFolder, wanted: string | undefined): Promise<RunFolder> {
  const ids = await listRuns(state);
  const found = wanted === undefined ? ids.slice(0, 1) : ids.filter((id) => id === wanted);
  const matches = found.length > 0 ? found : ids.filter((id) => wanted !== undefined && id.startsWith(wanted));
  const [id] = matches;
  if (id !== undefined && (matches.length === 1 || wanted === undefined)) return runFolder(state, id);
  throw new FanfoldError({
    code: 'run-not-found',
    message:
      matches.length > 1
        ? `${JSON.stringify(wanted)} is the beginning of ${matches.length} runs.`
        : wanted === undefined
          ? `There is no run below ${state.runs}.`
          : `There is no run ${JSON.stringify(wanted)} below ${state.runs}.`,
    next:
      ids.length > 0
        ? `Name one of: ${(matches.length > 1 ? matches : ids).slice(0, 8).join(', ')}.`
        : 'Start one with `fanfold run`.',
  });
}
