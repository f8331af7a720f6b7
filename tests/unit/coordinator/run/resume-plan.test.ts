import { expect, test } from 'vitest';
import { pastOf, reopenedSubtasks } from '../../../../coordinator/run/resume-plan.ts';
import {
  type ErrorRecord,
  type EventInput,
  type FanfoldEvent,
  initialResumePoint,
  noUsage,
  type Plan,
  type ResumePoint,
  reduceResumePoint,
  type Subtask,
} from '../../../../tasks/index.ts';
import { samplePlan, sampleSubtask as subtask } from '../sample-subtask.ts';

const plan = (...subtasks: Subtask[]): Plan => samplePlan(subtasks);

function journal(made: Plan, ...events: EventInput[]): ResumePoint {
  const start: EventInput = {
    type: 'run-start',
    name: 'p',
    repository: '/r',
    subtasks: made.subtasks.length,
    concurrency: 2,
    threads: 1,
    pid: 1,
    version: '0',
  };
  const point = initialResumePoint();
  for (const event of [start, { type: 'plan-end', plan: made } as const, ...events]) {
    reduceResumePoint(point, { time: '2026-01-01T00:00:00.000Z', run: 'p-1', ...event } as FanfoldEvent);
  }
  return point;
}

const queue = (id: string, attempt = 1): EventInput => ({ type: 'subtask-queue', subtask: id, attempt });
const attemptEnd = (id: string, fields: Partial<EventInput & { type: 'attempt-end' }> = {}): EventInput => ({
  type: 'attempt-end',
  subtask: id,
  attempt: 1,
  worker: 'worker-1',
  result: 'changed',
  commit: 'c1',
  retry: false,
  usage: noUsage(),
  durationMs: 1,
  denials: 0,
  ...fields,
});
const end = (
  id: string,
  status: 'landed' | 'failed' | 'cancelled' | 'conflicted',
  error?: ErrorRecord,
): EventInput => ({
  type: 'subtask-end',
  subtask: id,
  status,
  attempts: 1,
  ...(error === undefined ? {} : { error }),
  usage: noUsage(),
  durationMs: 1,
  denials: 0,
});
const error = (code: ErrorRecord['code'], failure: ErrorRecord['failure']): ErrorRecord => ({
  code,
  message: 'm',
  next: 'n',
  failure,
});

const nothing = { landed: new Map<string, string>(), published: new Set<string>() };

function reopen(made: Plan, point: ResumePoint, failed: boolean): string[] {
  const reopened = reopenedSubtasks(made, point, { failed });
  if (point.start !== undefined) reduceResumePoint(point, { ...point.start, session: point.sessions + 1, reopened });
  return reopened;
}

test('what ended well stays ended, and what was never handed out has no past', () => {
  const made = plan(subtask('a'), subtask('b'));
  const point = journal(made, queue('a'), attemptEnd('a'), end('a', 'landed'));
  expect(reopen(made, point, true)).toEqual([]);
  expect([...pastOf(made, point, nothing)]).toEqual([['a', { kind: 'settled', satisfied: true }]]);
});

test('a message that was handed out is out, also one that the journal had no time to tell of', () => {
  const made = plan(subtask('a'), subtask('b'), subtask('c'));
  const point = journal(made, queue('a'));
  const past = pastOf(made, point, { ...nothing, published: new Set(['a-1', 'b-1']) });
  expect(past.get('a')).toEqual({ kind: 'out', attempts: 1, forgiven: 0 });
  expect(past.get('b')).toEqual({ kind: 'out', attempts: 1, forgiven: 0 });
  expect(past.has('c')).toBe(false);
});

test('an attempt that ended without a verdict is judged by what the journal kept of its outcome', () => {
  const made = plan(subtask('a'));
  const check = { name: 'x', passed: true, gate: true, durationMs: 1, exitCode: 0, outputTail: '' };
  const point = journal(
    made,
    queue('a'),
    { type: 'check-end', subtask: 'a', attempt: 1, check },
    attemptEnd('a', { base: 'b0', changedFiles: ['f'], output: { n: 1 } }),
  );
  expect(pastOf(made, point, nothing).get('a')).toMatchObject({
    kind: 'ended',
    outcome: {
      run: 'p-1',
      subtask: 'a',
      commit: 'c1',
      base: 'b0',
      changedFiles: ['f'],
      output: { n: 1 },
      checks: [check],
    },
  });
});

test('work that is in the branch has landed, whatever the journal says', () => {
  const made = plan(subtask('a'));
  const point = journal(made, queue('a'), attemptEnd('a'));
  expect(pastOf(made, point, { ...nothing, landed: new Map([['a', 'm1']]) }).get('a')).toMatchObject({
    kind: 'landed',
    commit: 'm1',
    outcome: { commit: 'c1' },
  });
});

test('a cancelled agent goes on where it was; its work that was done is judged, not done again', () => {
  const made = plan(
    subtask('cut'),
    subtask('done'),
    subtask('command', { executor: { kind: 'run', command: 'true' } }),
  );
  const cancelled = error('cancelled', 'cancelled');
  const point = journal(
    made,
    ...['cut', 'done', 'command'].map((id) => queue(id)),
    attemptEnd('cut', { result: 'cancelled', error: cancelled }),
    end('cut', 'cancelled', cancelled),
    attemptEnd('done'),
    end('done', 'cancelled', cancelled),
    attemptEnd('command', { result: 'cancelled', error: cancelled }),
    end('command', 'cancelled', cancelled),
  );
  expect(reopen(made, point, false)).toEqual(['cut', 'done', 'command']);
  const past = pastOf(made, point, nothing);
  expect(past.get('cut')).toEqual({
    kind: 'again',
    attempts: 1,
    forgiven: 1,
    continues: { attempt: 1, commit: 'c1' },
  });
  expect(past.get('done')).toMatchObject({ kind: 'ended', outcome: { commit: 'c1' } });
  expect(past.get('command')).toEqual({ kind: 'again', attempts: 1, forgiven: 1 });
});

test('what failed stays failed, or with --failed begins anew together with what needed it', () => {
  const made = plan(subtask('a'), subtask('b', { needs: ['a'] }), subtask('c'));
  const events = [
    queue('a'),
    attemptEnd('a', { result: 'failed', error: error('agent-no-change', 'permanent') }),
    end('a', 'failed', error('agent-no-change', 'permanent')),
    end('b', 'failed', error('dependency-failed', 'permanent')),
    queue('c'),
    attemptEnd('c'),
    end('c', 'conflicted', error('merge-conflict', 'permanent')),
  ];
  const left = journal(made, ...events);
  expect(reopen(made, left, false)).toEqual([]);
  expect([...pastOf(made, left, nothing).values()]).toEqual(Array(3).fill({ kind: 'settled', satisfied: false }));

  const tried = journal(made, ...events);
  expect(reopen(made, tried, true)).toEqual(['a', 'b', 'c']);
  const past = pastOf(made, tried, nothing);
  expect(past.get('a')).toEqual({ kind: 'again', attempts: 1, forgiven: 1 });
  expect(past.has('b')).toBe(false);
  expect(past.get('c')).toEqual({ kind: 'again', attempts: 1, forgiven: 1 });
});

test('a need that was cancelled takes what waited for it along', () => {
  const made = plan(subtask('a'), subtask('b', { needs: ['a'] }));
  const point = journal(
    made,
    queue('a'),
    end('a', 'cancelled', error('cancelled', 'cancelled')),
    end('b', 'failed', error('dependency-failed', 'permanent')),
  );
  expect(reopen(made, point, false)).toEqual(['a', 'b']);
  // Nothing tells how its attempt ended: its message is somewhere.
  expect(pastOf(made, point, nothing).get('a')).toEqual({ kind: 'out', attempts: 1, forgiven: 1 });
});

test('a retry that was granted and not handed out yet is handed out', () => {
  const made = plan(subtask('a'));
  const overloaded = error('model-overloaded', 'transient');
  const point = journal(made, queue('a'), attemptEnd('a', { result: 'failed', retry: true, error: overloaded }));
  expect(pastOf(made, point, nothing).get('a')).toEqual({
    kind: 'again',
    attempts: 1,
    forgiven: 0,
    continues: { attempt: 1, commit: 'c1' },
  });
  const published = new Set(['a-1', 'a-2']);
  expect(pastOf(made, point, { ...nothing, published }).get('a')).toMatchObject({ kind: 'out', attempts: 2 });
});

test('reused work that landed as the coordinator died keeps its output and its origin', () => {
  const made = plan(subtask('a'));
  const reused = attemptEnd('a', { attempt: 0, worker: 'cache', output: 7, reusedFrom: 'old-run' });
  const point = journal(made, reused);
  expect(pastOf(made, point, { ...nothing, landed: new Map([['a', 'm1']]) }).get('a')).toMatchObject({
    kind: 'landed',
    commit: 'm1',
    outcome: { output: 7 },
    reusedFrom: 'old-run',
  });
  // Where it had not landed it is looked up again.
  expect(pastOf(made, point, nothing).has('a')).toBe(false);
});

test('work that gates sent back is mended by who resumes, in the same round, and its retries count anew', () => {
  const made = plan(subtask('a'));
  const check = { name: 'g', passed: false, gate: true, durationMs: 1, exitCode: 1, outputTail: 'no' };
  const repair = { round: 1, checks: [check] };
  const continues = { attempt: 1, commit: 'onto', candidate: 2 };
  const sentBack: EventInput = { type: 'subtask-queue', subtask: 'a', attempt: 2, continues, repair };
  const known = { landed: new Map(), published: new Set<string>() };
  const past = (...events: EventInput[]) => pastOf(made, journal(made, queue('a'), ...events), known).get('a');
  const candidates = [{ number: 1, passed: false, tokens: 1, usd: 0 }];
  expect(past(attemptEnd('a', { repairs: 1, candidates, candidate: 1 }))).toMatchObject({
    kind: 'ended',
    outcome: { repairs: 1, candidates, candidate: 1 },
  });
  expect(past(attemptEnd('a'), sentBack)).toEqual({ kind: 'out', attempts: 2, forgiven: 1, continues, repair });
  const lost: EventInput = { ...sentBack, attempt: 3, continues: { attempt: 2 } };
  expect(past(attemptEnd('a'), sentBack, attemptEnd('a', { attempt: 2, retry: true }), lost)).toEqual({
    kind: 'out',
    attempts: 3,
    forgiven: 1,
    continues: { attempt: 2 },
    repair,
  });
  // One that is done anew begins without it.
  const anew = journal(
    made,
    queue('a'),
    attemptEnd('a'),
    sentBack,
    attemptEnd('a', { attempt: 2 }),
    end('a', 'failed'),
  );
  reduceResumePoint(anew, { time: '', run: 'p-1', type: 'run-start', reopened: ['a'] } as unknown as FanfoldEvent);
  expect(pastOf(made, anew, known).get('a')).toEqual({ kind: 'again', attempts: 2, forgiven: 2 });
});

test('an attempt that ended before it had begun hands on what it was to go on with', () => {
  const made = plan(subtask('a', { executor: { kind: 'prompt', prompt: 'x' } }));
  const continues = { attempt: 1, commit: 'on-tip' };
  const repair = { round: 1, checks: [] };
  const second: EventInput = { type: 'subtask-queue', subtask: 'a', attempt: 2, continues, repair };
  const interrupted = (fields: object) =>
    pastOf(
      made,
      journal(made, queue('a'), attemptEnd('a'), second, {
        ...attemptEnd('a', { attempt: 2, result: 'cancelled', error: error('cancelled', 'cancelled'), ...fields }),
      } as EventInput),
      nothing,
    ).get('a');
  expect(interrupted({ commit: undefined })).toMatchObject({ kind: 'again', continues, repair });
  expect(interrupted({ commit: 'c2' })).toMatchObject({ continues: { attempt: 2, commit: 'c2' } });
  const usage = { ...noUsage(), outputTokens: 1 };
  expect(interrupted({ commit: undefined, usage })).toMatchObject({ continues: { attempt: 2 } });
  // One that failed for good is judged, and what it was given is kept.
  expect(interrupted({ commit: undefined, result: 'failed', error: error('internal', 'permanent') })).toMatchObject({
    kind: 'ended',
    continues,
  });
});
