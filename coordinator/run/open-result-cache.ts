import { messageOf } from '../../tasks/index.ts';
import type { MergeQueue } from '../merging/merge-queue.ts';
import { createResultCache, type ResultCache } from '../results/result-cache.ts';
import type { EventLog } from './event-log.ts';
import type { OpenRun } from './open-run.ts';
import type { RunOptions } from './run-options.ts';

/** The results that a run can reuse, and where it keeps its own. */
export function openResultCache(
  run: OpenRun,
  { plan, folder, version, traffic }: RunOptions,
  { log, mergeQueue }: { log: EventLog; mergeQueue: MergeQueue | undefined },
): ResultCache {
  return createResultCache({
    run: run.id,
    plan,
    state: run.state,
    folder,
    repository: run.repository,
    base: run.target?.base,
    tip: () => mergeQueue?.tip(),
    version,
    instructions: run.instructions,
    settled: (id) => log.state.subtasks[id],
    // What was reused would be missing in the recording.
    force: run.force || traffic?.record !== undefined,
    again: run.reopened,
    begunBefore: (id) => run.past.has(id),
    onSurprise: (message) => log.emit({ type: 'notice', level: 'info', message }),
    onFailure(error) {
      const message = `Results can't be kept for later runs: ${messageOf(error)}`;
      log.emit({ type: 'notice', level: 'warning', message });
    },
  });
}
