import { expect, it, onTestFinished } from 'vitest';
import { createGrantedMoney } from '../../../../coordinator/workers/granted-money.ts';
import {
  createOutsideMoney,
  isMoneyRequest,
  type OutsideMoney,
} from '../../../../coordinator/workers/outside-money.ts';
import { type Ask, type Control, controlSchema, createLedgerMemory, joinLedger } from '../../../../ipc/index.ts';

const worker = 'outside-abc123';
const never = new AbortController().signal;
const soon = { timeout: 20_000 };
const tokens = (amount: number) => ({ tokens: amount, money: 0 });
const ask = (prompt: number, outputTokens: number): Ask => ({
  prompt: tokens(prompt),
  outputPrice: 0,
  outputTokens,
  leastOutputTokens: 1_024,
});

/** A coordinator with an account for so many tokens; orders to the worker process are kept until they are delivered. */
function coordinatorWith(limit: number, self: number) {
  const ledger = joinLedger(createLedgerMemory({ ...tokens(limit), money: Number.MAX_SAFE_INTEGER }, 1), 'coordinator');
  const orders: Control[] = [];
  const money = createOutsideMoney(ledger, (control) => void orders.push(control), self);
  return { self, ledger, money, orders };
}

/** A worker process whose mail passes the schema, and goes to whoever reads the box. */
function open(...coordinators: ReturnType<typeof coordinatorWith>[]) {
  const sent: Control[] = [];
  let reader: OutsideMoney | undefined = coordinators[0]?.money;
  const unread: Control[] = [];
  let isBroken = false;
  const read = (): void => {
    if (reader === undefined) return;
    for (const control of unread.splice(0)) if (isMoneyRequest(control)) reader.take(control);
  };
  const granted = createGrantedMoney(worker, 4, async (control) => {
    if (isBroken) throw new Error('the disk is full');
    const checked = controlSchema.parse(JSON.parse(JSON.stringify(control)));
    sent.push(checked);
    unread.push(checked);
    read();
  });
  onTestFinished(() => granted.stop());
  const agent = joinLedger(granted.memory, 'agent', { onNeed: granted.need });
  const deliver = ({ orders }: ReturnType<typeof coordinatorWith>): void => {
    for (const order of orders.splice(0)) if (order.action === 'budget-grant') granted.granted(order);
  };
  return {
    sent,
    granted,
    agent,
    deliver,
    break: (broken: boolean): void => {
      isBroken = broken;
    },
    readBy(money: OutsideMoney | undefined) {
      reader = money;
      read();
    },
    /** Gets what it wants from this coordinator. */
    async take(coordinator: ReturnType<typeof coordinatorWith>, wanted: Ask) {
      const taking = agent.take(wanted, never);
      await expect.poll(() => coordinator.orders.length, soon).toBe(1);
      deliver(coordinator);
      return taking;
    },
  };
}

it('asks anew for the next agent when one had to go short, and lets it wait for what others may give back', async () => {
  const coordinator = coordinatorWith(45_000, 1);
  const { take, agent, sent, deliver } = open(coordinator);
  coordinator.ledger.take(ask(2_000, 8_000), never);
  // A share, since the rest may come back.
  expect(await take(coordinator, ask(15_000, 32_000))).toBe(8_192);
  const second = Promise.resolve(agent.take(ask(26_000, 32_000), never));
  await expect.poll(() => sent.filter(({ action }) => action === 'budget-ask').length, soon).toBe(2);
  agent.settle(tokens(23_192), tokens(100));
  coordinator.ledger.settle(tokens(10_000), tokens(100));
  await expect.poll(() => coordinator.orders.length, soon).toBe(1);
  deliver(coordinator);
  expect(await second).toBeGreaterThan(16_000);
});

it('sends a grant back that nobody waits for any more', async () => {
  const coordinator = coordinatorWith(100_000, 1);
  const { agent, granted, deliver } = open(coordinator);
  granted.seen(1);
  const impatient = new AbortController();
  const first = agent.take(ask(1_000, 4_000), impatient.signal);
  await expect.poll(() => coordinator.orders.length, soon).toBe(1);
  const [grant] = coordinator.orders;
  deliver(coordinator);
  expect(await first).toBe(4_000);
  // It comes twice where the mail of one that was killed is read again.
  if (grant !== undefined) coordinator.orders.push({ ...grant });
  coordinator.money.take({ action: 'budget-ask', worker, request: 9, ask: ask(2_000, 8_000) });
  await expect.poll(() => coordinator.orders.length, soon).toBe(2);
  expect(coordinator.ledger.standing().reserved.tokens).toBe(15_000);
  coordinator.orders.shift();
  deliver(coordinator);
  await expect.poll(() => coordinator.ledger.standing().reserved.tokens, soon).toBe(5_000);
});

it('tells of more than was set aside, in mail that can be read, and what the coordinator settles is what was spent', async () => {
  const coordinator = coordinatorWith(100_000, 1);
  const { take, agent } = open(coordinator);
  expect(await take(coordinator, ask(1_000, 4_000))).toBe(4_000);
  agent.settle(tokens(5_000), tokens(6_000));
  await expect
    .poll(() => coordinator.ledger.standing(), soon)
    .toMatchObject({ spent: tokens(6_000), reserved: tokens(0) });
});

it('tells again of what was spent when it could not be told', async () => {
  const coordinator = coordinatorWith(100_000, 1);
  const { take, agent, break: breakMail } = open(coordinator);
  await take(coordinator, ask(1_000, 4_000));
  breakMail(true);
  agent.settle(tokens(5_000), tokens(700));
  await expect.poll(() => agent.standing().spent.tokens, soon).toBe(0);
  breakMail(false);
  await expect
    .poll(() => coordinator.ledger.standing(), soon)
    .toMatchObject({ spent: tokens(700), reserved: tokens(0) });
});

it('tells a coordinator that takes the run up what is set aside, and no other what the one before gave', async () => {
  const [before, after] = [coordinatorWith(100_000, 1), coordinatorWith(100_000, 2)];
  const { take, agent, granted, readBy, deliver, sent } = open(before, after);
  granted.seen(1);
  await take(before, ask(1_000, 4_000));
  await take(before, ask(2_000, 6_000));
  agent.settle(tokens(5_000), tokens(300));
  await expect.poll(() => before.ledger.standing().spent.tokens, soon).toBe(300);
  granted.seen(1);
  readBy(undefined);
  // The first is gone; what it was asked last is read by the second.
  const third = Promise.resolve(agent.take(ask(500, 1_500), never));
  await expect.poll(() => sent.at(-1), soon).toMatchObject({ action: 'budget-ask', coordinator: 1 });
  granted.seen(2);
  readBy(after.money);
  await expect.poll(() => after.ledger.standing().reserved.tokens, soon).toBe(8_000);
  before.orders.push({ action: 'budget-grant', coordinator: 1, request: 3, granted: tokens(2_000), more: true });
  deliver(before);
  expect(after.ledger.standing()).toMatchObject({ spent: tokens(0) });
  await expect.poll(() => after.orders.length, soon).toBe(1);
  expect(after.ledger.standing().reserved.tokens).toBe(10_000);
  deliver(after);
  expect(await third).toBe(1_500);
  agent.settle(tokens(2_000), tokens(50));
  agent.settle(tokens(8_000), tokens(900));
  await expect.poll(() => after.ledger.standing(), soon).toMatchObject({ spent: tokens(950), reserved: tokens(0) });
});

it('tells it also what was spent since the one before was seen at work', async () => {
  const [before, after] = [coordinatorWith(100_000, 1), coordinatorWith(100_000, 2)];
  const { take, agent, granted, readBy, sent } = open(before, after);
  granted.seen(1);
  await take(before, ask(1_000, 4_000));
  readBy(undefined);
  agent.settle(tokens(5_000), tokens(300));
  await expect.poll(() => sent.at(-1), soon).toMatchObject({ action: 'budget-return' });
  granted.seen(2);
  readBy(after.money);
  await expect.poll(() => after.ledger.standing(), soon).toMatchObject({ spent: tokens(300), reserved: tokens(0) });
});
