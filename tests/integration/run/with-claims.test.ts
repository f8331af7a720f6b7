import { expect, test } from 'vitest';
import { messageId } from '../../../coordinator/dispatch/message-id.ts';
import { withClaims } from '../../../coordinator/run/with-claims.ts';
import { createFileMailbox, ensureStateFolder, recipients, runFolder, stateFolder } from '../../../ipc/index.ts';
import { type EventInput, reduceEvents } from '../../../tasks/index.ts';
import { temporaryFolder } from '../../support/temporary-repository.ts';

const queued = (subtask: string): EventInput => ({ type: 'subtask-queue', subtask, attempt: 1 });

test('what a worker has claimed runs, what nobody has claimed yet waits for one', async () => {
  const state = stateFolder(temporaryFolder());
  await ensureStateFolder(state);
  const run = runFolder(state, 'r-20260101-000000-abcd');
  const place = { run: run.id, time: new Date().toISOString() };
  const reduced = () => reduceEvents([queued('a'), queued('b')].map((event) => ({ ...event, ...place })));
  const phases = async () =>
    Object.values((await withClaims(run, reduced())).subtasks).map(({ id, status, worker }) => [id, status, worker]);
  expect(await phases()).toEqual([
    ['a', 'queued', undefined],
    ['b', 'queued', undefined],
  ]);
  await using mailbox = createFileMailbox({ folder: run.mailbox, leaseMs: 30_000 });
  await mailbox.open(recipients.workers);
  for (const id of ['a', 'b']) {
    await mailbox.publish(recipients.workers, {
      version: 1,
      id: messageId(id, 1),
      from: recipients.coordinator,
      to: recipients.workers,
      kind: 'assignment',
      body: {},
    });
  }
  await mailbox.claim(recipients.workers, 'worker-1');
  expect(await phases()).toEqual([
    ['a', 'running', 'worker-1'],
    ['b', 'queued', undefined],
  ]);
});
