import { expect, it } from 'vitest';
import { createGates } from '../../../../coordinator/merging/gates.ts';
import { recipients } from '../../../../ipc/index.ts';
import { createMemoryMailbox } from '../../../../ipc/mailbox/memory/memory-mailbox.ts';
import { type Check, type CheckResult, type EventInput, FanfoldError, noUsage } from '../../../../tasks/index.ts';

const usage = { ...noUsage(), inputTokens: 100, usd: 0.01 };
const check: Check = { name: 'c', run: 'false', gate: true, timeoutMs: 1_000, on: ['merged'] };
const failed: CheckResult = { name: 'c', passed: false, gate: true, durationMs: 1, exitCode: 1, outputTail: '' };
const stopped = new FanfoldError({ code: 'cancelled', message: 'The run ended.', next: 'Resume it.' });

async function scene() {
  const events: EventInput[] = [];
  const mailbox = createMemoryMailbox();
  await mailbox.open(recipients.gates);
  const gates = createGates({
    run: 'run-1',
    session: 1,
    mailbox,
    repository: '/repository',
    runFolder: '/repository/.fanfold/runs/run-1',
    base: 'base',
    environment: {},
    goal: undefined,
    emit: (event) => events.push(event),
  });
  /** The next question, once it has been asked. */
  async function asked(): Promise<string> {
    for (;;) {
      const claim = await mailbox.claim(recipients.gates, 'worker');
      if (claim !== undefined) return claim.envelope.id;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  return { gates, events, asked };
}

const paid = [{ type: 'notice', level: 'warning', message: expect.stringContaining('given up'), usage }];

it('what a judge used is told when its answer comes after the run was stopped, once', async () => {
  const { gates, events, asked } = await scene();
  const judging = gates.judge([check], 'commit', ['a']);
  const gate = await asked();
  gates.abort(stopped);
  await expect(judging).rejects.toBe(stopped);
  const answer = { run: 'run-1', gate, checks: [], usage };
  expect(gates.answered(answer)).toBe(false);
  expect(events).toEqual(paid);
  gates.answered(answer);
  gates.answered({ ...answer, gate: 'gate-of-another-session' });
  expect(events).toHaveLength(1);
});

it('what a judge used is told when the run is stopped while its answer is compared with the base', async () => {
  const { gates, events, asked } = await scene();
  const judging = gates.judge([check], 'commit', ['a']);
  const gate = await asked();
  gates.answered({ run: 'run-1', gate, checks: [failed], usage });
  await asked();
  gates.abort(stopped);
  await expect(judging).rejects.toBe(stopped);
  expect(events).toEqual(paid);
});
