import { expect, test } from 'vitest';
import type { Assignment } from '../../../ipc/index.ts';
import { FanfoldError } from '../../../tasks/index.ts';
import { newAttemptRecord } from '../../../worker/attempt/attempt-record.ts';
import { faultOutOfTime } from '../../../worker/attempt/fault-out-of-time.ts';
import type { Fault } from '../../../worker/attempt/repair-message.ts';

const place = { assignment: { subtask: { id: 'part' } } as Assignment, logFolder: '/none' };
const late = new FanfoldError({
  code: 'timeout',
  message: 'The subtask part did not end within 4 s.',
  next: 'Wait.',
  failure: 'timeout',
});
const checks = [{ name: 'tests', passed: false, gate: true, durationMs: 1, exitCode: 1, outputTail: 'no' }];
const end = (fault: Fault | undefined, repairs: number, reason: unknown = late) =>
  faultOutOfTime(place, { ...newAttemptRecord(), fault, repairs }, AbortSignal.abort(reason));

test('a limit in a round ends the attempt for good with what the round was for, and names the limit', () => {
  expect(end({ checks }, 1)).toMatchObject({
    code: 'check-failed',
    failure: 'permanent',
    message:
      'The check tests failed in the workspace of part. The subtask part did not end within 4 s. It was in repair round 1.',
    data: { checks },
  });
  expect(end({ checks, merged: true }, 2)).toMatchObject({ code: 'gate-failed', data: { checks } });
  const rule = { code: 'write-set-violation', message: 'Foreign.', next: 'n', failure: 'permanent' } as const;
  expect(end({ checks: [], error: rule }, 1)).toMatchObject({
    code: 'write-set-violation',
    message: expect.stringMatching(/^Foreign\. The subtask part did not end/),
  });
  // It goes on in a round whose reason only the transcript knows.
  expect(end({ checks: [] }, 1)?.message).toMatch(/^The work of part had been sent back/);
});

test('nothing else is taken for it', () => {
  expect(end(undefined, 1)).toBeUndefined();
  expect(end({ checks }, 1, new Error('cancelled'))).toBeUndefined();
  const lost = new FanfoldError({ code: 'worker-lost', message: 'm', next: 'n', failure: 'transient' });
  expect(end({ checks }, 1, lost)).toBeUndefined();
});
