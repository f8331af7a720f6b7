import { rm } from 'node:fs/promises';
import { relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  checkedOutBranches,
  findDeadBells,
  type Repository,
  type RunFolder,
  runFolder,
  type StateFolder,
  sweepMailboxBells,
} from '../../ipc/index.ts';
import { initialRunState, type RunState } from '../../tasks/index.ts';
import { countOf } from '../reporting/amounts.ts';
import { loadRunState } from '../run/load-run-state.ts';
import { findRunLeftovers } from '../run/run-leftovers.ts';
import { endRunProcesses, findRunProcesses, type RunProcess } from '../run/run-processes.ts';
import { type FoundWorkspace, removeWorkspace } from '../run/workspaces.ts';
import type { Finding } from './clean-report.ts';
import { diskUsage } from './disk-usage.ts';
import { judgeRunFolder, type RunFolderRules } from './judge-run-folder.ts';
import { judgeBranch, type KeptBranch } from './kept-branches.ts';

/** What there is of one run that no coordinator and no worker is at work on. */
export interface RunRemains {
  run: string;
  /** Its coordinator died without giving it back. */
  crashed: boolean;
  workspaces: readonly FoundWorkspace[];
  processes: readonly RunProcess[];
  branches: readonly KeptBranch[];
}

export interface ExamineContext {
  state: StateFolder;
  repository: Repository | undefined;
  force: boolean;
  /** Undefined: folders of runs stay. */
  folders: RunFolderRules | undefined;
}

/** In the order in which they must go: processes before the files they write, branches before the journal that judges them. */
export async function examineRun(remains: RunRemains, context: ExamineContext): Promise<Finding[]> {
  const { state, folders } = context;
  const folder = runFolder(state, remains.run);
  const removal = folders === undefined ? undefined : await judgeRunFolder(folder, state, folders);
  return [
    ...remains.processes.map((process) => judgeProcess(process)),
    ...(await Promise.all(remains.workspaces.map((workspace) => judgeWorkspace(workspace, context)))),
    ...(await judgeBranches(remains, folder, context)),
    // What lies in the folder goes with it.
    ...(removal?.remove === undefined ? await judgeRemains(remains, folder, state) : []),
    ...(removal === undefined ? [] : [removal]),
  ];
}

function judgeProcess({ pid, run, command }: RunProcess): Finding {
  return {
    kind: 'process',
    name: `${pid} ${command}`,
    run,
    bytes: 0,
    reason: 'its worker is dead',
    remove: () => endProcess(run, pid),
  };
}

/** A process that was killed takes a moment to go. */
async function endProcess(run: string, pid: number): Promise<boolean> {
  for (let look = 0; look < 40; look += 1) {
    await endRunProcesses(run);
    if (!(await findRunProcesses(new Set([run]))).some((found) => found.pid === pid)) return true;
    await sleep(50);
  }
  return false;
}

async function judgeWorkspace(workspace: FoundWorkspace, { state, repository }: ExamineContext): Promise<Finding> {
  const { name, run, path, gitFolder } = workspace;
  const bytes = (await diskUsage(path)) + (gitFolder === undefined ? 0 : await diskUsage(gitFolder));
  return {
    kind: 'workspace',
    name: `workspaces/${name}`,
    run,
    bytes,
    reason: 'its worker is dead',
    remove: () => removeWorkspace(workspace, state, repository),
  };
}

async function judgeBranches(
  { branches }: RunRemains,
  folder: RunFolder,
  { repository, force }: ExamineContext,
): Promise<Finding[]> {
  if (repository === undefined || branches.length === 0) return [];
  const rules = { state: await stateOf(folder), checkedOut: await checkedOutBranches(repository), force };
  return Promise.all(branches.map((branch) => judgeBranch(repository, branch, rules)));
}

/** Of a run whose journal is gone or damaged nothing is known. */
async function stateOf(folder: RunFolder): Promise<RunState> {
  return loadRunState(folder).then(({ state }) => state, initialRunState);
}

async function judgeRemains({ run, crashed }: RunRemains, folder: RunFolder, state: StateFolder): Promise<Finding[]> {
  const named = (path: string) => ({ name: relative(state.root, path), run });
  const lock: Finding = {
    ...named(folder.lock),
    kind: 'lock',
    bytes: 0,
    reason: 'its coordinator is dead',
    // Taken and given back by whoever removes anything of the run.
    remove: async () => true,
  };
  const dead = findDeadBells(folder.mailbox).length;
  const bells: Finding = {
    ...named(`${folder.mailbox} (${countOf(dead, 'doorbell')})`),
    kind: 'doorbell',
    bytes: 0,
    reason: dead === 1 ? 'its process is dead' : 'their processes are dead',
    async remove() {
      sweepMailboxBells(folder.mailbox);
      return findDeadBells(folder.mailbox).length === 0;
    },
  };
  const files = (await findRunLeftovers(folder)).map(
    async (path): Promise<Finding> => ({
      ...named(path),
      kind: 'temporary',
      bytes: await diskUsage(path),
      reason: 'it was never finished',
      async remove() {
        await rm(path, { recursive: true, force: true });
        return true;
      },
    }),
  );
  return [...(crashed ? [lock] : []), ...(dead === 0 ? [] : [bells]), ...(await Promise.all(files))];
}
