import { mkdirSync } from 'node:fs';
import { expect, it, onTestFinished, test } from 'vitest';
import {
  createLedgerMemory,
  type HelperRequest,
  helperBox,
  helperFolder,
  helperRequestSchema,
  joinLedger,
  limitsOf,
} from '../../../ipc/index.ts';
import { createMemoryMailbox } from '../../../ipc/mailbox/memory/memory-mailbox.ts';
import { type Budget, noUsage, type Subtask, totalTokens, type Usage } from '../../../tasks/index.ts';
import { runAccount } from '../../../worker/agent/model/budget/accounts.ts';
import { paidModels } from '../../../worker/agent/model/budget/paid-models.ts';
import { openSpending, type Spending } from '../../../worker/agent/model/budget/spending.ts';
import type { Model } from '../../../worker/agent/model/model.ts';
import type { ModelSource } from '../../../worker/agent/model/model-source.ts';
import { rightsOfSubtask } from '../../../worker/helpers/agent-rights.ts';
import { createHelperBell } from '../../../worker/helpers/helper-bell.ts';
import { writeAnswer } from '../../../worker/helpers/helper-files.ts';
import { openHelpers } from '../../../worker/helpers/open-helpers.ts';
import { expandText } from '../../support/expand-text.ts';
import { temporaryFolder } from '../../support/temporary-repository.ts';

const tokens = (inputTokens: number): Usage => ({ ...noUsage(), inputTokens });
const { signal } = new AbortController();

/** Asks its purse for 50 tokens and uses all of them, after a moment. */
const model: Model = {
  name: 'm',
  async stream(_request, { purse }) {
    const expense = { model: 'm', costOf: () => 0, outputTokens: 0, leastOutputTokens: 0, known: tokens(50) };
    const paid = await purse?.reserve(expense, signal);
    if (paid !== undefined && 'error' in paid) return { ok: false, error: paid.error, usage: noUsage() };
    await new Promise((resolve) => setTimeout(resolve, 1));
    paid?.settle(tokens(50));
    return { ok: true, content: [], stopReason: 'end_turn', usage: tokens(50) };
  },
};
const source: ModelSource = { model: () => model, async [Symbol.asyncDispose]() {} };

/** As an agent of a subtask, or a helper that has `spent` to go by. */
function open(models: ModelSource, budget: Budget, spent: Usage): Spending {
  const spending = openSpending(
    { subtask: { id: 's', budget } as Subtask, spent: { usage: spent, durationMs: 0 } },
    models,
  );
  onTestFinished(() => spending[Symbol.dispose]());
  return spending;
}

/** Asks as often as it may, at most so often. */
async function work(spending: Spending, most: number): Promise<void> {
  const at = spending.models.model({});
  for (let turn = 0; turn < most; turn += 1) {
    if (!(await at.stream({ tools: [], system: [], messages: [] }, { signal })).ok) return;
  }
}

it.each([
  ['of the subtask', { run: 100_000, subtask: 3_000 }],
  ['of the run', { run: 2_000, subtask: 10_000 }],
])('helpers that come and go, helpers of their own among them, keep the limit %s', async (_, limits) => {
  const memory = createLedgerMemory(limitsOf({ tokens: limits.run }), 4);
  const run = joinLedger(memory, 'worker-1');
  const models = paidModels(source, { accounts: [runAccount(run, { isWhole: true })] });
  const agent = open(models, { tokens: limits.subtask }, noUsage());

  async function help(parent: Spending, most: number, depth: number): Promise<void> {
    const { spent, end } = parent.lend();
    const helper = open(models, { tokens: limits.subtask }, spent);
    const below = depth === 1 ? [] : [help(helper, most, depth - 1), help(helper, 1, depth - 1)];
    await Promise.all([work(helper, most), ...below]);
    parent.beside(helper.usage());
    end(true);
  }

  // The short ones are over while the others are at work, and their share is lent again.
  const rounds = async (most: number, count: number): Promise<void> => {
    for (let round = 0; round < count; round += 1) await help(agent, most, 2);
  };
  await Promise.all([rounds(1_000, 2), rounds(1, 8), rounds(2, 6), work(agent, 1_000)]);
  await work(agent, 1_000);
  const { spent, reserved } = run.standing();
  const limit = Math.min(limits.run, limits.subtask);
  expect(spent.tokens).toBe(totalTokens(agent.usage()));
  expect(reserved).toEqual({ tokens: 0, money: 0 });
  expect(spent.tokens).toBeLessThanOrEqual(limit);
  // Nothing is left that is worth a request.
  expect(spent.tokens).toBeGreaterThan(limit - 50);
});

test('an agent that goes on knows what its helpers used before, and helpers are not charged twice', async () => {
  const folder = temporaryFolder();
  const plan = await expandText('subtasks: [{ id: a, prompt: p, helpers: { depth: 2, count: 4 } }]');
  const [subtask] = plan.subtasks;
  if (subtask === undefined) throw new Error('no subtask');
  const mailbox = createMemoryMailbox();
  await mailbox.open(helperBox(1));
  const claim = {
    recipient: 'workers',
    epoch: 2,
    envelope: { version: 1, id: 'a-1', kind: 'assignment', from: 'c', to: 'workers', body: {} },
  } as const;
  using bell = createHelperBell(`test-${folder.slice(-6)}`);
  const ended = { status: 'done', text: '', denials: 0, turns: 1 } as const;
  // Of the delivery before: a helper, and one that it had.
  for (const number of [1, 2]) mkdirSync(helperFolder(folder, number).root, { recursive: true });
  await writeAnswer(helperFolder(folder, 1), { ...ended, request: 'old-1', usage: tokens(300), below: tokens(100) });
  await writeAnswer(helperFolder(folder, 2), { ...ended, request: 'old-2', usage: tokens(100) });
  const agent = open(source, { tokens: 1_000 }, noUsage());
  const helpers = await openHelpers({
    office: { mailbox, bell, worker: 'w', assignment: 'a-1', claim },
    assignment: { run: 'r', attempt: 1, subtask, repository: folder, runFolder: folder },
    limits: { depth: 2, count: 4 },
    rights: rightsOfSubtask(subtask, []),
    candidate: undefined,
    root: folder,
    logFolder: folder,
    spending: agent,
  });
  expect(totalTokens(agent.usage())).toBe(400);
  const prepared = helpers.tool.prepare({ description: 'd', prompt: 'p' });
  if (!prepared.ok) throw new Error(prepared.problem);
  const called = prepared.execute(signal, 'call-3');
  const { id, body } = await claimed(mailbox);
  // Half of the 600 that are left.
  expect(totalTokens(body.spent)).toBe(700);
  // It has a helper too, which has its number before it is over.
  await writeAnswer(helperFolder(folder, body.helper), { ...ended, request: id, usage: tokens(60), below: tokens(40) });
  mkdirSync(helperFolder(folder, 4).root, { recursive: true });
  await writeAnswer(helperFolder(folder, 4), { ...ended, request: 'below', usage: tokens(40) });
  bell.ring(id);
  await called;
  expect(totalTokens(agent.usage())).toBe(500);
  expect(totalTokens(agent.lend().spent)).toBe(750);
  expect(totalTokens((await helpers.settle()).usage)).toBe(500);
  expect(totalTokens(agent.usage())).toBe(500);
});

async function claimed(mailbox: ReturnType<typeof createMemoryMailbox>): Promise<{ id: string; body: HelperRequest }> {
  await mailbox.watch(helperBox(1), AbortSignal.timeout(20_000));
  const claim = await mailbox.claim(helperBox(1), 'w2');
  if (claim === undefined) throw new Error('nothing was asked');
  return { id: claim.envelope.id, body: helperRequestSchema.parse(claim.envelope.body) };
}
