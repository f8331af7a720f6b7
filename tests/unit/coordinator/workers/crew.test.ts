import { expect, test } from 'vitest';
import { type Crew, createCrew } from '../../../../coordinator/workers/crew.ts';
import { type Control, controlBox, type Mailbox, outsideProcess, processIdentity } from '../../../../ipc/index.ts';
import { createMemoryMailbox } from '../../../../ipc/mailbox/memory/memory-mailbox.ts';

const worker = 'outside-abc123';
/** No process has so high an id. */
const dead = ['999999999', ...processIdentity().split('.').slice(1)].join('.');

interface Parts {
  crew: Crew;
  mailbox: Mailbox;
  /** What own threads were told. */
  told: Control[];
  notices: string[];
  slots: number[];
  lost: string[];
}

async function createParts(receive: () => Promise<void> = async () => {}): Promise<Parts> {
  const mailbox = createMemoryMailbox();
  await mailbox.open('workers');
  const parts: Omit<Parts, 'crew'> = { mailbox, told: [], notices: [], slots: [], lost: [] };
  const crew = createCrew({
    threads: {
      drain: async () => {},
      tell: (control) => parts.told.push(control),
      stop: async () => {},
    },
    mailbox,
    emit: (event) => {
      if (event.type === 'notice') parts.notices.push(event.message);
    },
    receive,
    onSlots: (outside) => parts.slots.push(outside),
    onLost: async (process) => void parts.lost.push(process),
    onLeft: () => {},
  });
  return { crew, ...parts };
}

async function ordersFor(mailbox: Mailbox, name: string): Promise<unknown[]> {
  const orders: unknown[] = [];
  for (let claim = await mailbox.claim(controlBox(name), name); claim !== undefined; ) {
    orders.push(claim.envelope.body);
    await mailbox.complete(claim);
    claim = await mailbox.claim(controlBox(name), name);
  }
  return orders;
}

function join(name: string, process = processIdentity()) {
  return { action: 'join', worker: name, slots: 2, process } as const;
}

test('an order reaches own threads and every worker process; an order for one worker only its process', async () => {
  const { crew, mailbox, told, slots } = await createParts();
  const other = 'outside-xyz789';
  for (const name of [worker, other]) {
    await mailbox.open(controlBox(name));
    crew.join(join(name));
  }
  expect(slots).toEqual([2, 4]);
  const answer = { action: 'permission-answer', request: 'r', allowed: true } as const;
  crew.tell({ action: 'pause' });
  crew.tell(answer, `${other}-1-3`);
  crew.tell(answer, 'session-2-worker-1');
  await crew.drain();
  expect(told).toEqual([{ action: 'pause' }, answer]);
  expect(await ordersFor(mailbox, worker)).toEqual([{ action: 'pause' }, { action: 'pause' }]);
  expect(await ordersFor(mailbox, other)).toEqual([{ action: 'pause' }, answer, { action: 'pause' }]);
});

test('who joins later is told what still stands', async () => {
  const { crew, mailbox } = await createParts();
  const cancel = { action: 'cancel', reason: 'why', subtask: 's', attempt: 1 } as const;
  crew.tell({ action: 'pause' });
  crew.tell(cancel);
  crew.tell({ action: 'continue' });
  await mailbox.open(controlBox(worker));
  crew.join(join(worker));
  crew.join(join(worker));
  await crew.stop(0);
  expect(await ordersFor(mailbox, worker)).toEqual([cancel, { action: 'shut-down' }]);
});

test('a run that drains does not let workers go on', async () => {
  const { crew, mailbox, told } = await createParts();
  await mailbox.open(controlBox(worker));
  crew.join(join(worker));
  await crew.drain();
  crew.tell({ action: 'continue' });
  expect(await ordersFor(mailbox, worker)).toEqual([{ action: 'pause' }]);
  expect(told).toEqual([]);
});

test('draining waits until no worker process has a subtask at hand', async () => {
  const { crew, mailbox } = await createParts();
  await mailbox.open(controlBox(worker));
  crew.join(join(worker));
  const body = { version: 1, kind: 'assignment', from: 'c', to: 'workers', body: {} } as const;
  await mailbox.publish('workers', { ...body, id: 'a-1' });
  const claim = await mailbox.claim('workers', `${worker}-1`);
  if (claim === undefined) throw new Error('nothing to claim');
  let drained = false;
  const draining = crew.drain().then(() => {
    drained = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(drained).toBe(false);
  await mailbox.complete(claim);
  await draining;
});

test('a worker process that is gone is taken out and told, one without a box is warned of', async () => {
  const { crew, notices, slots, lost } = await createParts();
  crew.join(join(worker, dead));
  crew.tell({ action: 'pause' });
  await crew.lookForDead();
  expect(lost).toEqual([]);
  await crew.lookForDead();
  await crew.lookForDead();
  expect(lost).toEqual([worker]);
  expect(slots).toEqual([2, 0]);
  expect(notices).toEqual([
    `${worker} joined: 2 at a time.`,
    `${worker} died; its subtasks are handed out again.`,
    expect.stringMatching(new RegExp(`${worker} could not be told to pause: .*"control-${worker}"`)),
  ]);
});

test('at its end a run waits until worker processes have left, and tells of one that does not', async () => {
  const parts: Parts = await createParts(async () => parts.crew.leave(worker));
  await parts.mailbox.open(controlBox(worker));
  parts.crew.join(join(worker));
  await parts.crew.stop(60_000);
  expect(parts.slots).toEqual([2, 0]);
  const stubborn = await createParts();
  await stubborn.mailbox.open(controlBox(worker));
  stubborn.crew.join(join(worker));
  await stubborn.crew.stop(100);
  expect(stubborn.notices.at(-1)).toMatch(/has not ended yet/);
});

test('names that no worker process has are not taken for one', async () => {
  for (const name of ['worker-1', 'session-2-worker-1', 'outside-abc12', 'outside-ABC123', 'outside-abc123-x']) {
    expect(outsideProcess(name)).toBeUndefined();
  }
  for (const name of [worker, `${worker}-1`, `${worker}-12-3`]) expect(outsideProcess(name)).toBe(worker);
  expect(controlBox(`${worker}-1-2`)).toBe(`control-${worker}`);
  const { crew, slots } = await createParts();
  crew.join(join('worker-1'));
  expect(slots).toEqual([]);
});
