import { describe, expect, it } from 'vitest';
import { type EventInput, noUsage, reduceEvents, subtaskCounts } from '../../../../tasks/index.ts';
import { attemptEnd, begin, end, error, events, model, plan, queue, runEnd, start, usage } from './sample-events.ts';

describe('reduceRun', () => {
  it('follows a subtask from waiting to landed', () => {
    const story = events(
      start,
      plan,
      queue('a'),
      begin('a'),
      { type: 'tool-start', subtask: 'a', attempt: 1, worker: 'w', tool: 'Read', toolUseId: 't', summary: 'x.js' },
      attemptEnd('a', { commit: 'c1' }),
      { type: 'merge-start', subtasks: ['a'], onto: 'b0' },
      { type: 'merge-end', subtasks: ['a'], landed: ['a'], commit: 'c2' },
      end('a', { commit: 'c1', changedFiles: ['x.js'] }),
    );
    const phases = story.map((_, index) => reduceEvents(story.slice(0, index + 1)).subtasks['a']?.status);
    expect(phases).toEqual([
      undefined,
      'waiting',
      'queued',
      'running',
      'running',
      'merging',
      'merging',
      'merging',
      'landed',
    ]);
    expect(reduceEvents(story.slice(0, 5)).subtasks['a']?.activity).toBe('Read x.js');
    const state = reduceEvents(story);
    expect(state.subtasks['a']).toMatchObject({
      title: 'T a',
      executor: 'run',
      commit: 'c1',
      changedFiles: ['x.js'],
      durationMs: 5,
    });
    expect(state.subtasks['a']).not.toHaveProperty('activity');
    expect(state).toMatchObject({
      name: 'n',
      goal: 'g',
      pid: 7,
      base: 'b0',
      branch: 'fanfold/n',
      commit: 'c2',
      status: 'running',
    });
    expect(state.merges).toMatchObject([{ subtasks: ['a'], landed: ['a'], commit: 'c2' }]);
    expect([...state.active]).toEqual([]);
    expect(subtaskCounts(state)).toEqual({
      total: 2,
      landed: 1,
      unchanged: 0,
      cached: 0,
      failed: 0,
      cancelled: 0,
      conflicted: 0,
    });
  });

  it('counts what is spent once, progress lost or not', () => {
    const attempts = (progress: EventInput[]) =>
      events(
        start,
        plan,
        queue('a'),
        begin('a'),
        ...progress,
        attemptEnd('a', { retry: true, result: 'failed', usage: usage(30), error }),
        queue('a', 2),
        begin('a', 2),
        model('a', 2, 4),
      );
    for (const progress of [[], [model('a', 1, 10)], [model('a', 1, 10), model('a', 1, 20)]]) {
      const state = reduceEvents(attempts(progress));
      expect(state.usage.inputTokens).toBe(34);
      expect(state.subtasks['a']?.usage.inputTokens).toBe(34);
      expect(state.subtasks['a']).toMatchObject({ attempt: 2, status: 'running', error: { code: 'check-failed' } });
    }
    const state = reduceEvents([...attempts([]), ...events(end('a', { attempts: 2, usage: usage(40) }))]);
    expect(state.usage.inputTokens).toBe(40);
    expect(state.subtasks['a']).not.toHaveProperty('error');
  });

  it('ignores what comes after the end and from attempts that are over', () => {
    const story = events(
      start,
      plan,
      queue('a'),
      begin('a', 2),
      model('a', 1, 5),
      end('a', { status: 'failed', error }),
      begin('a', 3),
      model('a', 3, 5),
      end('a'),
    );
    const state = reduceEvents(story);
    expect(state.subtasks['a']).toMatchObject({ status: 'failed', error: { code: 'check-failed' }, usage: noUsage() });
    expect(state.counts.failed).toBe(1);
    expect(state.active.size).toBe(0);
  });

  it('takes a second run-start for a resumed run', () => {
    const story = events(
      start,
      plan,
      queue('a'),
      begin('a'),
      end('constructor', { status: 'unchanged' }),
      runEnd,
      { ...start, pid: 8 } as EventInput,
      plan,
    );
    const state = reduceEvents(story);
    expect(state).toMatchObject({ status: 'running', pid: 8, startedAt: story[0]?.time });
    expect(state.end).toBeUndefined();
    expect(state.subtasks['a']?.status).toBe('waiting');
    expect(state.subtasks['constructor']?.status).toBe('unchanged');
    expect(subtaskCounts(state).total).toBe(2);
  });

  it('keeps checks of the attempt, gates, notices and the end', () => {
    const check = (name: string, passed: boolean) => ({
      name,
      passed,
      gate: true,
      durationMs: 1,
      exitCode: 0,
      outputTail: '',
    });
    const notices = Array.from(
      { length: 1005 },
      (_, index): EventInput => ({ type: 'notice', level: 'info', message: `${index}` }),
    );
    const state = reduceEvents(
      events(
        start,
        plan,
        begin('a'),
        { type: 'check-end', subtask: 'a', attempt: 1, check: check('t', false) },
        begin('a', 2),
        { type: 'check-end', subtask: 'a', attempt: 2, check: check('t', true) },
        { type: 'gate-end', subtasks: ['a'], check: check('g', true) },
        ...notices,
        runEnd,
      ),
    );
    expect(state.subtasks['a']?.checks).toEqual([check('t', true)]);
    expect(state.gates).toEqual([{ subtasks: ['a'], check: check('g', true) }]);
    expect(state.notices).toHaveLength(1000);
    expect(state.notices[0]?.message).toBe('5');
    expect(state).toMatchObject({
      status: 'succeeded',
      exitCode: 0,
      commit: 'c9',
      folder: '/f',
      usage: usage(9),
      end: { type: 'run-end' },
    });
  });

  it('reduces 100,000 events fast', () => {
    const many = Array.from({ length: 20_000 }, (_, index) => `s-${index}`);
    const story = events(
      start,
      ...many.flatMap((id) => [
        queue(id),
        begin(id),
        model(id, 1, 1),
        attemptEnd(id, { usage: usage(1) }),
        end(id, { usage: usage(1) }),
      ]),
    );
    const started = performance.now();
    const state = reduceEvents(story);
    expect(performance.now() - started).toBeLessThan(2000);
    expect(subtaskCounts(state).landed).toBe(20_000);
    expect(state.usage.inputTokens).toBe(20_000);
  });
});
