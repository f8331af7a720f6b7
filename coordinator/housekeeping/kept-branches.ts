import { deleteBranch, gitText, type Repository } from '../../ipc/index.ts';
import { countOf } from '../reporting/amounts.ts';
import type { Finding } from './clean-report.ts';

/** A branch that keeps the work of a subtask that did not land. */
export interface KeptBranch {
  /** `fanfold-kept/<run>/<subtask>`, or with `.<attempt>` where an earlier attempt has that. */
  branch: string;
  run: string;
  subtask: string;
  /** The commit it points at. */
  commit: string;
}

const prefix = 'fanfold-kept';

/** Those there are. A reference that leads to another is none of ours. */
export async function findKeptBranches(repository: Repository): Promise<KeptBranch[]> {
  const format = '%(objectname) %(objecttype) %(refname:lstrip=2) %(symref)';
  const listing = await gitText(['for-each-ref', `--format=${format}`, `refs/heads/${prefix}`], {
    cwd: repository.top,
  });
  return listing.split('\n').flatMap((line) => {
    const [, commit, branch, run, subtask] =
      /^([0-9a-f]+) commit (fanfold-kept\/([a-z0-9-]+)\/([a-z0-9-]+)(?:\.\d+)?) $/.exec(line) ?? [];
    return commit && branch && run && subtask ? [{ branch, run, subtask, commit }] : [];
  });
}

export interface BranchRules {
  /** Branches that some worktree has checked out. */
  checkedOut: ReadonlySet<string>;
  force: boolean;
}

export async function judgeBranch(
  repository: Repository,
  kept: KeptBranch,
  { checkedOut, force }: BranchRules,
): Promise<Finding> {
  const { branch, run, commit } = kept;
  const finding = { kind: 'branch', name: branch, run, bytes: 0 } as const;
  const remove = () => deleteBranch(repository, branch, commit);
  if (checkedOut.has(branch)) return { ...finding, reason: 'it is checked out' };
  const commits = await commitsNowhereElse(repository, commit);
  if (commits === 0) return { ...finding, reason: 'all of it is in other branches', remove };
  const reason = `${countOf(commits, 'commit')} that ${commits === 1 ? 'is' : 'are'} nowhere else`;
  return force ? { ...finding, reason, remove } : { ...finding, reason: `kept: ${reason}`, forceable: true };
}

/** Other kept branches don't count: they may go as well. */
async function commitsNowhereElse(repository: Repository, commit: string): Promise<number> {
  const others = [`--exclude=${prefix}/*`, '--branches', '--remotes', '--tags'];
  return Number(await gitText(['rev-list', '--count', commit, '--not', ...others], { cwd: repository.top }));
}
