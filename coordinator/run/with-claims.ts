import { openMailbox, type RunFolder, recipients } from '../../ipc/index.ts';
import { FanfoldError, type RunState, reduceRun } from '../../tasks/index.ts';
import { messageId } from '../dispatch/message-id.ts';

/**
 * The state with subtasks as running that workers have at hand by the mailbox: that one has begun is progress, and the
 * journal does not tell it. Changes and returns the state; as it is where there is no mailbox that can be read.
 */
export async function withClaims(run: RunFolder, state: RunState): Promise<RunState> {
  const claims = await claimsOf(run);
  for (const { id, status, attempt } of Object.values(state.subtasks)) {
    const worker = status === 'queued' ? claims.get(messageId(id, attempt)) : undefined;
    if (worker === undefined) continue;
    const time = new Date().toISOString();
    reduceRun(state, { type: 'subtask-start', run: run.id, time, subtask: id, attempt, worker });
  }
  return state;
}

/** Workers by the ids of the assignments they hold. */
async function claimsOf(run: RunFolder): Promise<ReadonlyMap<string, string>> {
  try {
    await using mailbox = openMailbox(run.mailbox);
    const claimed = await mailbox.list(recipients.workers, ['claimed']);
    return new Map(claimed.map(({ id, worker = 'a worker' }) => [id, worker]));
  } catch (error) {
    if (error instanceof FanfoldError) return new Map();
    throw error;
  }
}
