import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  type Assignment,
  type HelperAnswer,
  type HelperRequest,
  helperBox,
  helperFolder,
  helperRequestSchema,
  type Mailbox,
} from '../../../ipc/index.ts';
import { createMemoryMailbox } from '../../../ipc/mailbox/memory/memory-mailbox.ts';
import { noUsage, type Usage } from '../../../tasks/index.ts';
import type { HelperWish } from '../../../worker/agent/tools/agent-tool.ts';
import { rightsOfSubtask } from '../../../worker/helpers/agent-rights.ts';
import { createHelperBell } from '../../../worker/helpers/helper-bell.ts';
import { helpersSpent, writeAnswer } from '../../../worker/helpers/helper-files.ts';
import { createHelperSpawner } from '../../../worker/helpers/spawn-helpers.ts';
import { takeOverHelpers } from '../../../worker/helpers/take-over-helpers.ts';
import { expandText } from '../../support/expand-text.ts';
import { temporaryFolder } from '../../support/temporary-repository.ts';

const wish: HelperWish = { description: 'd', prompt: 'p', type: undefined };
const spentByOne: Usage = { ...noUsage(), outputTokens: 7 };

async function prepare() {
  const folder = temporaryFolder();
  const plan = await expandText('subtasks: [{ id: a, prompt: p, helpers: { depth: 1, count: 2 } }]');
  const [subtask] = plan.subtasks;
  if (subtask === undefined) throw new Error('no subtask');
  const mailbox = createMemoryMailbox();
  await mailbox.open(helperBox(1));
  const assignment: Assignment = { run: 'r', attempt: 1, subtask, repository: folder, runFolder: folder };
  const bell = createHelperBell(`test-${folder.slice(-6)}`);
  const told: Usage[] = [];
  const over: boolean[] = [];
  const spawner = (epoch = 1, logFolder = folder) =>
    createHelperSpawner({
      office: {
        mailbox,
        bell,
        worker: 'worker-1',
        assignment: 'a-1',
        claim: {
          recipient: 'workers',
          epoch,
          envelope: { version: 1, id: 'a-1', kind: 'assignment', from: 'c', to: 'workers', body: {} },
        },
      },
      assignment,
      candidate: undefined,
      limits: { depth: 1, count: 2 },
      rights: rightsOfSubtask(subtask, []),
      root: folder,
      logFolder,
      lend: () => ({
        spent: noUsage(),
        back(usage, isOver) {
          told.push(usage);
          over.push(isOver);
        },
      }),
    });
  return { folder, mailbox, bell, spawner, told, over };
}

/** The next request, as whoever works for it sees it. */
async function claimNext(
  mailbox: Mailbox,
): Promise<{ id: string; request: HelperRequest; done: () => Promise<boolean> }> {
  const box = helperBox(1);
  await mailbox.watch(box, AbortSignal.timeout(20_000));
  const claim = await mailbox.claim(box, 'worker-2');
  if (claim === undefined) throw new Error('nothing was asked');
  const { envelope } = claim;
  return { id: envelope.id, request: helperRequestSchema.parse(envelope.body), done: () => mailbox.complete(claim) };
}

function answer(request: string, rest: Partial<HelperAnswer> = {}): HelperAnswer {
  return { request, status: 'done', text: 'words', usage: spentByOne, denials: 1, turns: 1, ...rest };
}

test('an answer is given to each delivery of the agent, and asked for once', async () => {
  const { folder, mailbox, bell, spawner, told } = await prepare();
  const first = spawner().spawn(wish, 'call-1', new AbortController().signal);
  const { id, request, done } = await claimNext(mailbox);
  expect(request).toMatchObject({ helper: 1, types: [null], parent: { recipient: 'workers', id: 'a-1', epoch: 1 } });
  await writeAnswer(helperFolder(folder, 1), answer(id));
  bell.ring(id);
  expect(await first).toEqual({ content: 'words', isError: false });
  await done();
  expect(told).toEqual([spentByOne]);
  // Its worker died, and another goes on with the agent.
  expect(await spawner(2).spawn(wish, 'call-1', new AbortController().signal)).toMatchObject({ content: 'words' });
  expect(await mailbox.list(helperBox(1), ['new'])).toEqual([]);
  // Another call is another helper, and two are all.
  const second = spawner().spawn(wish, 'call-2', new AbortController().signal);
  const next = await claimNext(mailbox);
  expect(next.request.helper).toBe(2);
  await writeAnswer(helperFolder(folder, 2), answer(next.id, { status: 'failed', text: '' }));
  bell.ring(next.id);
  expect(await second).toEqual({ content: 'The helper did not finish: failed', isError: true });
  expect(await spawner().spawn(wish, 'call-3', new AbortController().signal)).toEqual({
    content: 'There were 2 helpers already, and there can be no more: do it yourself.',
    isError: true,
  });
  expect(await helpersSpent(folder)).toEqual({ usage: { ...noUsage(), outputTokens: 14 }, denials: 2 });
  bell[Symbol.dispose]();
});

test('told to end, a helper is asked again by the next delivery, which an answer to the old request does not serve', async () => {
  const { folder, mailbox, bell, spawner, told, over } = await prepare();
  const abort = new AbortController();
  const first = spawner().spawn(wish, 'call-1', abort.signal);
  const old = await claimNext(mailbox);
  abort.abort(new Error('cancelled'));
  const place = helperFolder(folder, 1);
  while (!existsSync(place.withdrawn)) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(readFileSync(place.withdrawn, 'utf8')).toBe(old.id);
  await writeAnswer(place, answer(old.id, { status: 'cancelled', text: '' }));
  bell.ring(old.id);
  expect(await first).toEqual({ content: 'The helper was cancelled.', isError: true });
  expect([told, over]).toEqual([[spentByOne], [true]]);
  await old.done();
  const second = spawner(2).spawn(wish, 'call-1', new AbortController().signal);
  const again = await claimNext(mailbox);
  expect(again.id).not.toBe(old.id);
  expect(again.request.helper).toBe(1);
  await writeAnswer(place, answer(old.id, { text: 'late words of the old' }));
  bell.ring(again.id);
  await writeAnswer(place, answer(again.id, { text: 'new words' }));
  bell.ring(again.id);
  expect(await second).toEqual({ content: 'new words', isError: false });
  bell[Symbol.dispose]();
});

test('a helper that nobody can work for is told to the agent', async () => {
  const { mailbox, bell, spawner, told, over } = await prepare();
  const spawned = spawner().spawn(wish, 'call-1', new AbortController().signal);
  await mailbox.watch(helperBox(1), AbortSignal.timeout(20_000));
  const claim = await mailbox.claim(helperBox(1), 'worker-2');
  if (claim !== undefined) await mailbox.fail(claim, { retry: false, reason: 'its worker died' });
  expect(await spawned).toMatchObject({ isError: true, content: expect.stringContaining('The helper was lost') });
  expect([told, over]).toEqual([[noUsage()], [true]]);
  bell[Symbol.dispose]();
});

test('what helpers of a helper used goes back with it', async () => {
  const { folder, mailbox, bell, spawner, told } = await prepare();
  const spawned = spawner().spawn(wish, 'call-1', new AbortController().signal);
  const { id, request } = await claimNext(mailbox);
  expect(request.counted).toEqual(noUsage());
  await writeAnswer(helperFolder(folder, 1), answer(id, { below: { ...noUsage(), outputTokens: 30 } }));
  bell.ring(id);
  await spawned;
  expect(told).toEqual([{ ...noUsage(), outputTokens: 37 }]);
  bell[Symbol.dispose]();
});

test('an attempt that goes on from another has its answers, and does not pay for them', async () => {
  const { folder, mailbox, bell, spawner } = await prepare();
  const first = spawner().spawn(wish, 'call-1', new AbortController().signal);
  const { id } = await claimNext(mailbox);
  await writeAnswer(helperFolder(folder, 1), answer(id));
  bell.ring(id);
  await first;
  const next = join(folder, 'next');
  await takeOverHelpers(folder, next);
  expect(await spawner(1, next).spawn(wish, 'call-1', new AbortController().signal)).toMatchObject({
    content: 'words',
  });
  expect(await helpersSpent(next)).toEqual({ usage: noUsage(), denials: 0 });
  bell[Symbol.dispose]();
});
