import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import {
  createFileMailbox,
  ensureStateFolder,
  type Journal,
  listTree,
  type Mailbox,
  newRunId,
  openJournal,
  type Repository,
  type RunFolder,
  readFileAt,
  recipients,
  runFolder,
  type StateFolder,
  stateFolder,
} from '../../ipc/index.ts';
import { FanfoldError, type Plan } from '../../tasks/index.ts';
import { openTarget, type Target } from '../merging/open-target.ts';
import { type CoordinatorLock, takeCoordinatorLock } from './coordinator-lock.ts';
import type { RunOptions } from './run-options.ts';
import { sweepDeadRuns } from './sweep.ts';

/** Everything a run holds while it is at work. */
export interface OpenRun extends AsyncDisposable {
  id: string;
  folder: RunFolder;
  state: StateFolder;
  repository: Repository | undefined;
  /** Present where some subtask works in git. */
  target: Target | undefined;
  /** Paths of the base, for judging write-sets; empty where none are declared. */
  files: string[];
  /** AGENTS.md or CLAUDE.md at the base. */
  instructions: string | undefined;
  concurrency: number;
  mailbox: Mailbox;
  journal: Journal;
  lock: CoordinatorLock;
}

const instructionsLimit = 64 * 1024;

/** Judge whether the run can start, then make its folder, lock, mailbox and journal. Writes nothing when it can't. */
export async function openRun(options: RunOptions, threads: number): Promise<OpenRun> {
  const { plan, folder: top, repository } = options;
  const usesGit = plan.subtasks.some(({ workspace }) => workspace === 'worktree');
  if (usesGit && repository === undefined) throw outsideGit(top);
  const target = usesGit && repository !== undefined ? await openTarget(repository, plan.base, plan.into) : undefined;
  const state = stateFolder(top);
  const id = newRunId(plan.name, new Date(), randomBytes(2).toString('hex'));
  const folder = runFolder(state, id);
  await ensureStateFolder(state);
  await sweepDeadRuns(state, repository);
  await mkdir(folder.root, { mode: 0o700 });
  const lock = await takeCoordinatorLock(folder.lock);
  const [mailbox, journal, files, instructions] = await Promise.all([
    openMailbox(folder.mailbox),
    openJournal(folder.journal),
    filesForWriteSets(repository, target, plan),
    readInstructions(repository, target, plan),
  ]);
  const concurrency = Math.min(options.concurrency ?? plan.concurrency ?? usualConcurrency(plan, threads), 1000);
  return {
    id,
    folder,
    state,
    repository,
    target,
    files,
    instructions,
    concurrency,
    mailbox,
    journal,
    lock,
    async [Symbol.asyncDispose]() {
      await mailbox.close();
      // What could not be written has ended the run already.
      await journal.close().catch(() => {});
      await lock[Symbol.asyncDispose]();
    },
  };
}

async function openMailbox(folder: string): Promise<Mailbox> {
  const mailbox = createFileMailbox({ folder });
  for (const recipient of Object.values(recipients)) await mailbox.open(recipient);
  return mailbox;
}

async function filesForWriteSets(
  repository: Repository | undefined,
  target: Target | undefined,
  plan: Plan,
): Promise<string[]> {
  const declared = plan.subtasks.some(({ writes }) => writes.length > 0);
  if (repository === undefined || target === undefined || !declared) return [];
  return (await listTree(repository, target.base)).map(({ path }) => path);
}

async function readInstructions(
  repository: Repository | undefined,
  target: Target | undefined,
  plan: Plan,
): Promise<string | undefined> {
  const needed = plan.subtasks.some(({ executor }) => executor.kind === 'prompt');
  if (!needed || repository === undefined || target === undefined) return undefined;
  for (const name of ['AGENTS.md', 'CLAUDE.md']) {
    const text = await readFileAt(repository, target.base, name);
    if (text?.trim()) return text.slice(0, instructionsLimit);
  }
  return undefined;
}

function outsideGit(folder: string): FanfoldError {
  return new FanfoldError({
    code: 'repository-missing',
    message: `${folder} is not inside a git repository, and the task file asks for worktrees.`,
    next: 'Name a repository with --repo, run `git init` and commit, or set `defaults: { workspace: copy }` (or none).',
  });
}

/** Agents and commands wait most of the time; codemods use a processor each and would only stand in each other's way. */
function usualConcurrency(plan: Plan, threads: number): number {
  return plan.subtasks.every(({ executor }) => executor.kind === 'codemod') ? threads : 8;
}
