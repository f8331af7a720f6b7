/**
 * One run at work per branch. Called by open-run.ts before a branch is judged. Promise: of all runs of this state folder
 * that are at work at most one has the claim on a branch, whether the branch exists or not; a dead one's claim stands in
 * nobody's way. An epoch token tells who has it; of a process that can't be looked for, the lock of its run decides.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isProcessElsewhere, isProcessGone, processIdentity, runFolder, type StateFolder } from '../../ipc/index.ts';
import { FanfoldError } from '../../tasks/index.ts';
import { coordinatorOf } from './coordinator-lock.ts';
import { type EpochToken, isStillThere, makeToken, passedAt, passToken, readToken } from './epoch-token.ts';

export interface BranchClaim extends AsyncDisposable {
  /** False when another run has taken it. */
  isHeld(): boolean;
}

/** A run takes its own lock right after the branch; until then its claim counts for so long. */
const startingMs = 15_000;
/** More contenders than that do not lose the same race one after another. */
const attempts = 100;

/** FanfoldError `into-conflict` while another run that is at work has the branch. */
export async function claimBranch(state: StateFolder, branch: string, run: string): Promise<BranchClaim> {
  const folder = claimFolder(state, branch);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const seen = await readToken(tokensOf(folder));
    if (await isAtWork(state, folder, seen)) break;
    const token = await (seen === undefined
      ? makeToken(tokensOf(folder), processIdentity())
      : passToken(seen, processIdentity()));
    if (token === undefined) continue;
    const release = async () => void (await passToken(token, undefined).catch(() => {}));
    await writeFile(nameOf(folder), run, { mode: 0o600 }).catch(async (error: unknown) => {
      await release();
      throw error;
    });
    return { isHeld: () => isStillThere(token), [Symbol.asyncDispose]: release };
  }
  throw await busyError(state, branch);
}

/** The same without claiming it, and without writing anything. */
export async function refuseBusyBranch(state: StateFolder, branch: string): Promise<void> {
  const folder = claimFolder(state, branch);
  if (await isAtWork(state, folder, await readToken(tokensOf(folder)))) throw await busyError(state, branch);
}

/** Give back what dead runs had claimed. */
export async function freeDeadClaims(state: StateFolder): Promise<void> {
  for (const name of await readdir(state.branches).catch(() => [])) {
    const folder = join(state.branches, name);
    const seen = await readToken(tokensOf(folder)).catch(() => undefined);
    if (seen?.holder === undefined || (await isAtWork(state, folder, seen))) continue;
    await passToken(seen, undefined);
  }
}

async function isAtWork(state: StateFolder, folder: string, token: EpochToken | undefined): Promise<boolean> {
  if (token?.holder === undefined) return false;
  if (!isProcessElsewhere(token.holder)) return !isProcessGone(token.holder);
  if ((await runAtWork(state, folder)) !== undefined) return true;
  return Date.now() - ((await passedAt(token)) ?? 0) < startingMs;
}

/** A branch may be named in ways that a folder can't. */
function claimFolder({ branches }: StateFolder, branch: string): string {
  return join(branches, createHash('sha256').update(branch).digest('hex').slice(0, 32));
}

function tokensOf(folder: string): string {
  return join(folder, 'coordinator.epochs');
}

function nameOf(folder: string): string {
  return join(folder, 'run');
}

/** The run that claimed it last, where a coordinator is at work on it. */
async function runAtWork(state: StateFolder, folder: string): Promise<string | undefined> {
  const run = await readFile(nameOf(folder), 'utf8').catch(() => '');
  if (!/^[a-z0-9-]{1,64}$/.test(run)) return undefined;
  return (await coordinatorOf(runFolder(state, run).lock)) === undefined ? undefined : run;
}

async function busyError(state: StateFolder, branch: string): Promise<FanfoldError> {
  const run = await runAtWork(state, claimFolder(state, branch));
  return new FanfoldError({
    code: 'into-conflict',
    message: `${run === undefined ? 'Another run' : `The run ${run}`} is at work on the branch ${branch}.`,
    next:
      run === undefined
        ? 'Wait until it has ended (`fanfold status`), or choose another branch with --into.'
        : `Wait until it has ended (\`fanfold logs ${run} --follow\`), choose another branch with --into, or end it with \`fanfold cancel ${run}\`.`,
  });
}
