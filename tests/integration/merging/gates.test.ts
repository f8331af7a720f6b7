import { expect, test } from 'vitest';
import { createGates } from '../../../coordinator/merging/gates.ts';
import { digestPlan, type GateRequest, type Mailbox, runVariable, unplannedGate } from '../../../ipc/index.ts';
import type { CheckResult, CommandCheck } from '../../../tasks/index.ts';
import { samplePlan, sampleSubtask } from '../../unit/coordinator/sample-subtask.ts';

const check = (fields: Partial<CommandCheck> = {}): CommandCheck => ({
  name: 'c',
  run: 'npm test',
  gate: true,
  timeoutMs: 1_000,
  on: ['workspace'],
  ...fields,
});
const result = (fields: Partial<CheckResult> = {}): CheckResult => ({
  name: 'c',
  passed: false,
  gate: true,
  durationMs: 1,
  exitCode: 1,
  outputTail: '',
  ...fields,
});

/** Gates whose questions are answered by `answer`, and kept. */
function scene(answer: (request: GateRequest) => Partial<CheckResult>) {
  const asked: GateRequest[] = [];
  const mailbox = {
    async publish(_: string, { body }: { body: GateRequest }) {
      asked.push(body);
      setImmediate(() => gates.answered({ run: 'r', gate: body.gate, checks: [result(answer(body))] }));
    },
  } as unknown as Mailbox;
  const gates = createGates({
    run: 'r',
    session: 1,
    mailbox,
    repository: '/r',
    runFolder: '/r/run',
    base: 'base-of-run',
    environment: { FANFOLD_RUN_NAME: 'r', [runVariable]: 'r' },
    goal: undefined,
    emit: () => {},
  });
  const compare = async (
    checks: CommandCheck[],
    failed: CheckResult,
    environment: Record<string, string> = {},
    base?: string,
  ) => (await gates.compareWithBase(checks, [failed], { environment, base }))[0]?.failedOnBase === true;
  return { asked, gates, compare };
}

test('a failure is compared with what its own attempt began from, once for each base and item', async () => {
  const { asked, compare } = scene(({ commit, environment }) => ({
    passed: commit === 'b2' && environment['FANFOLD_ITEM_PATH'] === 'good',
  }));
  expect(await compare([check()], result(), { FANFOLD_ITEM_PATH: 'good', FANFOLD_SUBTASK: 'a' }, 'b2')).toBe(false);
  expect(await compare([check()], result(), { FANFOLD_ITEM_PATH: 'bad', FANFOLD_SUBTASK: 'b' }, 'b2')).toBe(true);
  expect(await compare([check()], result(), { FANFOLD_ITEM_PATH: 'good', FANFOLD_SUBTASK: 'a' }, 'b1')).toBe(true);
  expect(asked).toHaveLength(3);
  expect(await compare([check()], result(), { FANFOLD_ITEM_PATH: 'good', FANFOLD_SUBTASK: 'c' }, 'b2')).toBe(false);
  expect(asked).toHaveLength(3);
  // Its commands can be found like all others of the run.
  expect(asked[0]?.environment).toEqual({ FANFOLD_ITEM_PATH: 'good', FANFOLD_SUBTASK: 'a', [runVariable]: 'r' });
  // Outcomes of earlier versions do not say where they began.
  await compare([check()], result());
  expect(asked[3]).toMatchObject({ commit: 'base-of-run' });
});

test('what a subtask asks of its own work is not looked for on the base', async () => {
  const { asked, compare } = scene(() => ({}));
  expect(await compare([check({ own: true })], result(), {}, 'b')).toBe(false);
  expect(asked).toEqual([]);
});

test('a score below that of the base is held against the work', async () => {
  const { compare } = scene(() => ({ score: 0.5 }));
  const scored = [check({ score: true, minimum: 0.9 })];
  expect(await compare(scored, result({ score: 0.5 }), {}, 'b')).toBe(true);
  expect(await compare(scored, result({ score: 0.4 }), {}, 'b')).toBe(false);
  expect(await compare(scored, result(), {}, 'b')).toBe(false);
});

test('a base whose check did not end by itself excuses nothing, and is asked again', async () => {
  const answers = [{ exitCode: null }, { exitCode: 1 }];
  const { asked, compare } = scene(() => answers.shift() ?? {});
  expect(await compare([check()], result(), {}, 'b')).toBe(false);
  expect(await compare([check()], result(), {}, 'b')).toBe(true);
  expect(await compare([check()], result(), {}, 'b')).toBe(true);
  expect(asked).toHaveLength(2);
});

test('a worker runs a gate with the variables that the plan has for that check, and with no others', () => {
  const [file, own] = [check({ name: 'file' }), check({ name: 'own', own: true })];
  const a = sampleSubtask('a', { checks: [file, own], environment: { FANFOLD_ITEM_PATH: 'a' } });
  const b = sampleSubtask('b', { checks: [file], environment: { FANFOLD_ITEM_PATH: 'b' } });
  const plan = { ...samplePlan([a, b]), checks: [file], environment: { FANFOLD_RUN_NAME: 'p' } };
  const refusal = (asked: CommandCheck, environment: Record<string, string>) =>
    unplannedGate({ checks: [asked], environment: { ...environment, [runVariable]: 'r' } }, digestPlan(plan));
  expect(refusal(file, plan.environment)).toBeUndefined();
  expect(refusal(file, a.environment)).toBeUndefined();
  expect(refusal(file, b.environment)).toBeUndefined();
  expect(refusal(own, a.environment)).toBeUndefined();
  expect(refusal(own, b.environment)).toContain('not those that the plan has for the check own');
  expect(refusal(file, { FANFOLD_ITEM_PATH: 'c' })).toContain('not those that the plan has for the check file');
  expect(refusal(check({ name: 'file', run: 'rm -rf .' }), a.environment)).toContain('no such check file');
});
