import { randomBytes } from 'node:crypto';
import {
  agentBox,
  createFileMailbox,
  ensureStateFolder,
  type Journal,
  listTree,
  type Mailbox,
  newRunId,
  openJournal,
  type Repository,
  type RunFolder,
  recipients,
  refuseTrackedState,
  removeOwnBells,
  runFolder,
  type StateFolder,
  sealRun,
  stateFolder,
  workBoxes,
  writeCheckModules,
} from '../../ipc/index.ts';
import { helperDepth, type Plan, type RunState, type Usage } from '../../tasks/index.ts';
import type { Past } from '../dispatch/past.ts';
import { openTarget, type Target } from '../merging/open-target.ts';
import { refuseBusyBranch } from './claim-branch.ts';
import type { CoordinatorLock } from './coordinator-lock.ts';
import { readInstructions } from './read-instructions.ts';
import { type ReopenedRun, reopenRun } from './reopen-run.ts';
import { requireRepository } from './require-repository.ts';
import type { ResumeRequest, RunOptions } from './run-options.ts';
import { sweepDeadRuns, sweepRun } from './sweep.ts';
import { takeRun } from './take-run.ts';
import { lostGateUsage, unendedUsage } from './unended-usage.ts';

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
  /** AGENTS.md and CLAUDE.md at the base, with what they import. */
  instructions: string | undefined;
  concurrency: number;
  /** Of the mailbox, ms. */
  leaseMs: number;
  mailbox: Mailbox;
  journal: Journal;
  lock: CoordinatorLock;
  /** How often a coordinator has taken up the run, this one included. */
  session: number;
  /** Where the target branch was when the run was started first. */
  branchFrom: string | undefined;
  /** Nothing of earlier runs is reused. */
  force: boolean;
  /** The state by the journal, where there were sessions before. */
  earlier: RunState | undefined;
  /** Subtasks that had ended and are tried again. */
  reopened: string[];
  /** What earlier sessions left of the subtasks. */
  past: ReadonlyMap<string, Past>;
  /** What attempts have used that earlier sessions left at work; empty where nobody limits it. */
  unended: readonly Usage[];
  /** What judges of gates have used that earlier sessions left at work; absent where it is nothing. */
  lostGates: Usage | undefined;
  /** Structured outputs that earlier sessions accepted. */
  outputs: ReadonlyMap<string, unknown>;
}

const usualLeaseMs = 30_000;
/** Six beats fit in it even on a busy machine. */
const shortestLeaseMs = 3_000;

/**
 * Judge whether the run can start (or be taken up again), then make its folder, lock, mailbox and journal. Writes nothing
 * when it can't.
 */
export async function openRun(options: RunOptions, threads: number): Promise<OpenRun> {
  const { plan, folder: top, repository, resume } = options;
  requireRepository(plan, top, repository);
  const state = stateFolder(top);
  const branches = plan.subtasks.some(({ workspace }) => workspace === 'worktree') ? repository : undefined;
  if (branches !== undefined && resume === undefined) await refuseBusyBranch(state, plan.into);
  const [judged] = await Promise.all([
    resume === undefined && branches !== undefined ? openTarget(branches, plan, state) : undefined,
    refuseTrackedState(repository),
  ]);
  const folder = resume?.run ?? runFolder(state, newRunId(plan.name, new Date(), randomBytes(2).toString('hex')));
  await ensureStateFolder(state);
  await sweepDeadRuns(state, repository);
  const { lock, target } = await takeRun(folder, state, { plan, branches, judged, isNew: resume === undefined });
  try {
    const again = resume === undefined ? undefined : await takeUp(resume, options, state);
    return await open(
      { id: folder.id, folder, state, lock, ...(again ?? firstTime(target, options)) },
      options,
      threads,
      again,
    );
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw error;
  }
}

/** What the earlier coordinator left at work is ended first. */
async function takeUp(resume: ResumeRequest, options: RunOptions, state: StateFolder): Promise<ReopenedRun> {
  const found = await reopenRun(resume, options);
  await sweepRun(resume.run.id, state, options.repository);
  return found;
}

function firstTime(target: Target | undefined, { force = false }: RunOptions) {
  return {
    session: 1,
    reopened: [],
    branchFrom: target?.branchAt,
    force,
    target,
    earlier: undefined,
    outputs: new Map<string, unknown>(),
  };
}

async function open(
  known: Omit<
    OpenRun,
    | 'repository'
    | 'files'
    | 'instructions'
    | 'concurrency'
    | 'leaseMs'
    | 'mailbox'
    | 'journal'
    | 'past'
    | 'unended'
    | 'lostGates'
    | keyof AsyncDisposable
  >,
  { plan, repository, ...options }: RunOptions,
  threads: number,
  again: ReopenedRun | undefined,
): Promise<OpenRun> {
  const { folder, target, lock } = known;
  const leaseMs = again?.leaseMs ?? Math.max(options.leaseMs ?? usualLeaseMs, shortestLeaseMs);
  const [mailbox, journal, files, instructions] = await Promise.all([
    openMailbox(folder.mailbox, leaseMs, plan),
    openJournal(folder.journal),
    filesForWriteSets(repository, target, plan),
    readInstructions(repository, target?.base, plan),
    sealRun(folder),
  ]);
  writeCheckModules(folder, plan.modules);
  const past: OpenRun['past'] = (await again?.past(mailbox)) ?? new Map();
  return {
    ...known,
    repository,
    files,
    instructions,
    concurrency: Math.min(options.concurrency ?? plan.concurrency ?? usualConcurrency(plan, threads), 1000),
    leaseMs,
    mailbox,
    journal,
    past,
    lostGates: again === undefined ? undefined : await lostGateUsage(folder.root, again.earlier),
    unended: plan.budget === undefined ? [] : await unendedUsage(folder.root, past),
    async [Symbol.asyncDispose]() {
      await mailbox.close();
      removeOwnBells(folder.mailbox);
      // What could not be written has ended the run already.
      await journal.close().catch(() => {});
      await lock[Symbol.asyncDispose]();
    },
  };
}

async function openMailbox(folder: string, leaseMs: number, plan: Plan): Promise<Mailbox> {
  const { subtasks } = plan;
  const mailbox = createFileMailbox({ folder, leaseMs });
  for (const recipient of [...workBoxes(helperDepth(plan)), recipients.coordinator]) await mailbox.open(recipient);
  // Side by side, since they share what they wait for: the disk.
  await Promise.all(subtasks.filter(({ messages }) => messages).map(({ id }) => mailbox.open(agentBox(id))));
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

/** Agents and commands wait most of the time; codemods use a processor each and would only stand in each other's way. */
function usualConcurrency(plan: Plan, threads: number): number {
  return plan.subtasks.every(({ executor }) => executor.kind === 'codemod') ? threads : 8;
}
