import { describe, expect, test } from 'vitest';
import { clean, plan, resume, run } from '../../../../coordinator/cli/index.ts';
import type { TaskFile } from '../../../../tasks/index.ts';
import { temporaryRepository } from '../../../support/temporary-repository.ts';

const taskFile: TaskFile = { version: 1, name: 'a', goal: 'g', subtasks: [{ id: 'a', run: 'ls' }] };

/** As JavaScript gives them, past TypeScript. */
const given = (settings: unknown) => settings as object;

describe('settings from code', () => {
  test.each([
    [{ concurrency: -3 }, 'concurrency of run() takes a whole number from 1 to 1,000, not -3.'],
    [{ concurrency: 1.5 }, 'not 1.5'],
    [{ concurrency: '4' }, 'not "4"'],
    [{ threads: 1_001 }, 'threads of run() takes'],
    [{ threads: Number.NaN }, 'not NaN'],
    [{ leaseMs: 100 }, 'leaseMs of run() takes milliseconds from 3,000 to 3,600,000, not 100.'],
    [{ usd: 0 }, 'usd of run() takes a number above 0, not 0.'],
    [{ tokens: 1.5 }, 'tokens of run() takes a whole number from 1, not 1.5.'],
    [{ minutes: Number.POSITIVE_INFINITY }, 'minutes of run()'],
    [{ subtaskBudget: { usd: -1 } }, 'subtaskBudget.usd of run()'],
    [{ subtaskBudget: 3 }, 'run() takes an object as subtaskBudget, not 3.'],
    [{ canary: { subtasks: 0 } }, 'canary.subtasks of run()'],
    [
      { canary: { subtasks: 1, goOn: false } },
      "canary.goOn of run() takes true, 'elsewhere' or a function, not false.",
    ],
    [{ canary: { subtask: 1 } }, 'run() has no setting canary.subtask.'],
    [{ concurency: 2 }, 'run() has no setting concurency.'],
    [{ toString: 2 }, 'run() has no setting toString.'],
    [{ attendance: { timeoutMs: -1 } }, 'attendance.timeoutMs'],
    [{ force: 'yes' }, 'force of run() takes true or false'],
    [{ drain: {} }, 'drain of run() takes an AbortSignal, not object.'],
    [null, 'run() takes its settings as an object, not null.'],
  ])('run refuses %j', async (settings, message) => {
    await expect(run(taskFile, given(settings))).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(message),
    });
  });

  test.each([
    [{ concurency: 2 }, 'Did you mean concurrency?'],
    [{ canary: { subtask: 1 } }, 'Did you mean canary.subtasks?'],
    [{ canary: { qqqqqq: 1 } }, 'It may have: canary.subtasks, canary.minimum, canary.goOn.'],
  ])('of %j it says what was probably meant', async (settings, next) => {
    await expect(run(taskFile, given(settings))).rejects.toMatchObject({ next });
  });

  test('resume, plan and clean judge theirs', async () => {
    await expect(resume(given({ concurrency: 0 }))).rejects.toMatchObject({ code: 'usage' });
    await expect(resume(given({ canary: { subtasks: 1 } }))).rejects.toThrow('no setting canary.subtasks');
    await expect(resume(given({ tokens: -1 }))).rejects.toThrow('tokens of resume()');
    await expect(plan(taskFile, given({ trustModule: true }))).rejects.toMatchObject({
      next: 'Did you mean trustModules?',
    });
    await expect(clean(given({ olderThanMs: -1 }))).rejects.toThrow('olderThanMs of clean()');
  });

  test('what is left undefined is not given', async () => {
    const { folder } = temporaryRepository();
    const made = await plan(taskFile, given({ folder, trustModules: undefined, signal: undefined }));
    expect(made.subtasks).toHaveLength(1);
  });
});
