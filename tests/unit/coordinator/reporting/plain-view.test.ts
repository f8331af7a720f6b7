import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createPlainView } from '../../../../coordinator/reporting/plain-view.ts';
import { type FanfoldEvent, noUsage } from '../../../../tasks/index.ts';
import { at, begin, failed, landed, runStart, started } from './sample-events.ts';

async function printed(events: FanfoldEvent[]): Promise<string[]> {
  const stream = new PassThrough();
  const view = createPlainView({ stream });
  for (const event of events) view.show(event);
  await view.close();
  return String(stream.read() ?? '')
    .split('\n')
    .slice(0, -1);
}

const check = {
  name: 'loads',
  gate: true,
  durationMs: 300,
  exitCode: 1,
  outputTail: '\none\n\u001b[31mtwo\u001b[0m\n',
};
const runEnd = {
  type: 'run-end' as const,
  status: 'failed' as const,
  exitCode: 3,
  subtasks: { total: 2, landed: 1, unchanged: 0, cached: 0, failed: 1, cancelled: 0, conflicted: 0 },
  usage: noUsage(),
  durationMs: 65_000,
  denials: 0,
  folder: '/folder',
};

describe('createPlainView', () => {
  it('prints a line for each event that matters, with the elapsed time in front', async () => {
    const lines = await printed([
      ...begin(2, 'array', 'string'),
      started(100, 'array'),
      at(200, { type: 'subtask-progress', subtask: 'array', attempt: 1, worker: 'w', activity: 'not worth a line' }),
      at(1_000, { type: 'gate-end', subtasks: ['array'], check: { ...check, passed: true, exitCode: 0 } }),
      at(1_000, { type: 'merge-end', subtasks: ['array'], landed: ['array'], commit: 'b'.repeat(40) }),
      landed(1_300, 'array'),
      at(2_000, { type: 'gate-end', subtasks: ['string'], check: { ...check, passed: false } }),
      failed(61_000, 'string'),
      at(65_000, runEnd),
    ]);
    expect(lines).toEqual([
      '     0s  run demo-1 started: 2 subtasks, 4 at a time, base aaaaaaaaaaaa, into fanfold/demo',
      '     0s  array started on worker-1',
      '     1s  gate loads passed on array in 0.3s',
      '     1s  merged array, now at bbbbbbbbbbbb',
      '     1s  array landed: 2 files in 1.2s',
      '     2s  gate loads on string failed: exit code 1',
      '           | one',
      '           | two',
      ' 1m 01s  FAILED string (check-failed): The check loads failed for string.',
      '           next: Look at its output.',
      '           its work is kept on branch fanfold/demo-failed/string',
      ' 1m 05s  run demo-1 failed after 1m 05s, exit code 3',
    ]);
  });

  it('tells retries, tolerated checks and other ends', async () => {
    const end = { subtask: 'a', attempts: 1, usage: noUsage(), durationMs: 10, denials: 0 };
    const error = { code: 'timeout' as const, message: 'Too slow.', next: 'Wait.', failure: 'timeout' as const };
    const attempt = { subtask: 'a', attempt: 1, worker: 'w', usage: noUsage(), durationMs: 10, denials: 0 };
    const lines = await printed([
      at(0, { type: 'attempt-end', ...attempt, result: 'failed', retry: true, error }),
      at(0, { type: 'check-end', subtask: 'a', attempt: 1, check: { ...check, passed: false, failedOnBase: true } }),
      at(0, { type: 'check-end', subtask: 'a', attempt: 1, check: { ...check, passed: false, gate: false } }),
      at(0, { type: 'subtask-end', ...end, status: 'unchanged' }),
      at(0, { type: 'subtask-end', ...end, status: 'cached', reusedFrom: 'earlier' }),
      at(0, { type: 'subtask-end', ...end, status: 'conflicted' }),
    ]);
    expect(lines.map((line) => line.trim().replace(/^0s +/, ''))).toEqual([
      'a is tried again: timeout: Too slow.',
      'check loads of a did not pass (exit code 1), but it failed on the base too',
      'check loads of a did not pass (exit code 1), but it only reports',
      'a had nothing to change',
      'a cached: from the run earlier',
      'CONFLICT a',
    ]);
  });

  it('prints failures only, and a summary every five seconds, for a large run', async () => {
    const events = Array.from({ length: 999 }, (_, index) => [
      started(20 * index, `p${index}`),
      landed(20 * index, `p${index}`),
    ]);
    const ids = [...Array.from({ length: 999 }, (_, index) => `p${index}`), 'last'];
    const lines = await printed([...begin(1_000, ...ids), ...events.flat(), failed(19_985, 'last')]);
    expect(lines).toEqual([
      '     0s  run demo-1 started: 1,000 subtasks, 4 at a time, base aaaaaaaaaaaa, into fanfold/demo',
      '     5s  250 of 1,000 ended; 1 running',
      '    10s  500 of 1,000 ended; 1 running',
      '    15s  750 of 1,000 ended; 1 running',
      expect.stringContaining('FAILED last'),
      expect.any(String),
      expect.any(String),
    ]);
  });

  it('prints all of a large run when asked to', async () => {
    const stream = new PassThrough();
    const view = createPlainView({ stream, everything: true });
    for (const event of [...begin(1_000, 'a'), started(0, 'a'), landed(10_000, 'a')]) view.show(event);
    view.say('Finishing.');
    await view.close();
    expect(String(stream.read()).split('\n').slice(1)).toEqual([
      '     0s  a started on worker-1',
      '    10s  a landed: 2 files in 1.2s',
      '    10s  Finishing.',
      '',
    ]);
  });

  it('sums nothing up where only some events are shown', async () => {
    const stream = new PassThrough();
    const view = createPlainView({ stream, everything: true, summaries: false });
    for (const event of [started(0, 'a'), landed(90_000, 'a')]) view.show(event);
    await view.close();
    expect(String(stream.read())).not.toContain('ended');
  });

  it('gives a sign of life in a small run that is silent for a minute', async () => {
    const work = { subtask: 'a', attempt: 1, worker: 'w' };
    const lines = await printed([
      ...begin(2, 'a', 'b'),
      started(0, 'a'),
      ...[30_000, 61_000, 90_000].map((time) =>
        at(time, { type: 'subtask-progress', ...work, activity: 'Bash npm test' }),
      ),
    ]);
    expect(lines.slice(2)).toEqual([' 1m 01s  0 of 2 ended; 1 running (a: Bash npm test)']);
  });

  it('writes no control sequences, whatever the events hold', async () => {
    const end = { subtask: 'a', attempts: 1, usage: noUsage(), durationMs: 10, denials: 0, status: 'failed' as const };
    const message = 'a\u001b]0;x\u0007\nb\u202e\u001b[2J';
    const lines = await printed([
      { ...runStart(2), run: 'x\u001b[2J' },
      at(0, { type: 'notice', level: 'info', message }),
      at(0, { type: 'subtask-end', ...end, error: { code: 'internal', message, next: message, failure: 'permanent' } }),
    ]);
    expect(lines.join('\n')).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    expect(lines).toHaveLength(4);
  });
});
