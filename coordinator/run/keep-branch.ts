import { subtaskCounts } from '../../tasks/index.ts';
import type { OpenRun } from './open-run.ts';
import type { Stages } from './stages.ts';

/**
 * Where nothing was done anew and it came to the tree that the branch had before, the branch goes back to the very commit
 * it had: whoever has fetched or pushed it sees no change.
 */
export async function keepBranch({ target }: OpenRun, { log, mergeQueue }: Stages): Promise<void> {
  const { total, cached, unchanged } = subtaskCounts(log.state);
  if (target?.replaces === undefined || mergeQueue === undefined || mergeQueue.tip() === target.base) return;
  const { commit } = target.replaces;
  if (cached + unchanged < total || !(await mergeQueue.returnTo(commit).catch(() => false))) return;
  const message = `Nothing has changed since then: ${target.branch} stays at ${commit.slice(0, 10)}.`;
  log.emit({ type: 'notice', level: 'info', message });
}
