import type { EventType } from './events.ts';

const known: Record<EventType, true> = {
  'run-start': true,
  'plan-end': true,
  'subtask-queue': true,
  'subtask-start': true,
  'subtask-progress': true,
  'tool-start': true,
  'tool-end': true,
  'model-end': true,
  'check-end': true,
  'attempt-end': true,
  'merge-start': true,
  'merge-ready': true,
  'merge-end': true,
  'gate-end': true,
  'subtask-end': true,
  'message-send': true,
  'permission-request': true,
  'permission-end': true,
  notice: true,
  'forecast-end': true,
  'canary-end': true,
  'run-end': true,
};

/**
 * False for an event that a newer Fanfold journalled. Whoever shows a run passes it over; whoever goes on with one must
 * not, since it may say that something was done.
 */
export function isKnownEvent({ type }: { type: string }): boolean {
  return Object.hasOwn(known, type);
}
