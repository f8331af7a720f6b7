import { commitTree, mergeTrees, type Repository, readCommits } from '../../ipc/index.ts';

export interface ReRootRequest {
  /** The work, and the commit it was built on. */
  commit: string;
  base: string;
  /** The commit that the run at hand started from. */
  start: string;
  /** The newest commit of its branch. */
  tip: string;
}

/**
 * The same work as a commit on the tip, ready to be merged; the commit itself where it was built on what the run started
 * from. Undefined where the work conflicts with the tip, or where its objects are gone.
 */
export async function reRoot(repository: Repository, request: ReRootRequest): Promise<string | undefined> {
  const { commit, base, start, tip } = request;
  const [work, was, now] = await readCommits(repository, [commit, base, tip]);
  if (work === undefined || was === undefined || now === undefined || work.parents.join() !== base) return undefined;
  if (base === start) return commit;
  const tree = was.tree === now.tree ? work.tree : await carryOver(repository, { work, was, now });
  if (tree === undefined) return undefined;
  return commitTree(repository, { tree, parents: [tip], message: work.message });
}

/** A three-way merge whose base is chosen: both sides become children of a commit of that tree. */
async function carryOver(
  repository: Repository,
  { work, was, now }: Record<'work' | 'was' | 'now', { tree: string }>,
): Promise<string | undefined> {
  const message = 'A step of reusing a result; on no branch.\n';
  const root = await commitTree(repository, { tree: was.tree, parents: [], message });
  const [ours, theirs] = await Promise.all(
    [now, work].map(({ tree }) => commitTree(repository, { tree, parents: [root], message })),
  );
  if (ours === undefined || theirs === undefined) return undefined;
  const merge = await mergeTrees(repository, { ours, theirs });
  return merge.merged ? merge.tree : undefined;
}
