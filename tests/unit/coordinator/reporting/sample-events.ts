import { type EventInput, type FanfoldEvent, noUsage } from '../../../../tasks/index.ts';
import { samplePlan, sampleSubtask } from './sample-plan.ts';

export const startTime = Date.parse('2026-01-01T00:00:00.000Z');

/** An event at so many milliseconds after the start. */
export function at(milliseconds: number, input: EventInput): FanfoldEvent {
  return { ...input, time: new Date(startTime + milliseconds).toISOString(), run: 'demo-1' };
}

/** The start of a run of so many subtasks; those that are named and others. */
export function begin(count: number, ...ids: string[]): FanfoldEvent[] {
  const others = Array.from({ length: count - ids.length }, (_, index) => `other-${index}`);
  const plan = samplePlan([...ids, ...others].map((id) => sampleSubtask(id)));
  return [runStart(count), at(0, { type: 'plan-end', plan })];
}

export function runStart(subtasks: number): FanfoldEvent {
  return at(0, {
    type: 'run-start',
    name: 'demo',
    goal: 'Replace var by let',
    repository: '/repository',
    base: 'a'.repeat(40),
    branch: 'fanfold/demo',
    subtasks,
    concurrency: 4,
    threads: 2,
    pid: 1,
    version: '0.1.0',
  });
}

export function started(milliseconds: number, subtask: string): FanfoldEvent {
  return at(milliseconds, { type: 'subtask-start', subtask, attempt: 1, worker: 'worker-1' });
}

export function landed(milliseconds: number, subtask: string): FanfoldEvent {
  return at(milliseconds, {
    type: 'subtask-end',
    subtask,
    status: 'landed',
    attempts: 1,
    changedFiles: ['a.js', 'b.js'],
    usage: noUsage(),
    durationMs: 1_200,
    denials: 0,
  });
}

export function failed(milliseconds: number, subtask: string): FanfoldEvent {
  return at(milliseconds, {
    type: 'subtask-end',
    subtask,
    status: 'failed',
    attempts: 1,
    branch: `fanfold/demo-failed/${subtask}`,
    error: {
      code: 'check-failed',
      message: `The check loads failed for ${subtask}.`,
      next: 'Look at its output.',
      failure: 'permanent',
    },
    usage: noUsage(),
    durationMs: 800,
    denials: 0,
  });
}
