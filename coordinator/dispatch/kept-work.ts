/**
 * Branches for work that exists as a commit but does not land: `fanfold-kept/<run>/<subtask>`. People commit there too,
 * so a branch is moved or deleted only while it is exactly where the run put it and nobody has it checked out.
 */
import {
  checkedOutBranches,
  deleteBranch,
  moveBranch,
  type Outcome,
  type Repository,
  readBranch,
} from '../../ipc/index.ts';

export interface KeepingContext {
  run: string;
  repository: Repository | undefined;
  /** The commit that an attempt went on from, and whose work it so contains. */
  wentOnFrom: (subtask: string) => string | undefined;
}

/** Names that are tried beside the usual one. */
const mostNames = 9;

/**
 * Names the branch that keeps the work; of an attempt that began anew, beside those of earlier ones. No branch is named
 * that does not hold it: then the commit has none.
 */
export async function keep(
  { subtask, attempt, commit }: Pick<Outcome, 'subtask' | 'attempt' | 'commit'>,
  context: KeepingContext,
): Promise<{ branch?: string; commit?: string }> {
  const { repository, run } = context;
  if (repository === undefined || commit === undefined) return {};
  const usual = keptBranch(run, subtask);
  const at = await readBranch(repository, usual);
  if (at === commit) return { branch: usual, commit };
  const free = at === undefined || (at === context.wentOnFrom(subtask) && !(await isCheckedOut(repository, usual)));
  const move = (branch: string, from?: string) =>
    moveBranch(repository, branch, { from, to: commit, reason: `fanfold run ${run}` });
  if (free && (await move(usual, at))) return { branch: usual, commit };
  for (let number = attempt; number < attempt + mostNames; number += 1) {
    const branch = `${usual}.${number}`;
    if ((await move(branch)) || (await readBranch(repository, branch)) === commit) return { branch, commit };
  }
  return { commit };
}

/** An attempt that landed has taken over what an interrupted one before it left on a branch. */
export async function forgetKept(
  { subtask, commit }: Pick<Outcome, 'subtask' | 'commit'>,
  { repository, run, wentOnFrom }: KeepingContext,
): Promise<void> {
  if (repository === undefined) return;
  const branch = keptBranch(run, subtask);
  const at = await readBranch(repository, branch);
  if (at === undefined || (at !== commit && at !== wentOnFrom(subtask))) return;
  if (!(await isCheckedOut(repository, branch))) await deleteBranch(repository, branch, at);
}

function keptBranch(run: string, subtask: string): string {
  return `fanfold-kept/${run}/${subtask}`;
}

async function isCheckedOut(repository: Repository, branch: string): Promise<boolean> {
  return (await checkedOutBranches(repository)).has(branch);
}
