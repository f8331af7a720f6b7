import type { Outcome } from '../../ipc/index.ts';
import { type EventInput, noUsage, type RunState, type Subtask } from '../../tasks/index.ts';
import type { Verdict } from './accept-outcome.ts';

export interface Effort {
  /** The outcome that the verdict is on, where there was one. */
  outcome: Outcome | undefined;
  attempts: number;
  /** What is known of all its attempts. */
  known: Pick<RunState['subtasks'][string], 'usage' | 'denials'> | undefined;
  /** Of its work in this session. */
  durationMs: number;
}

/** The event that a verdict becomes. */
export function subtaskEnd(
  subtask: Subtask,
  verdict: Verdict,
  { outcome, attempts, known, durationMs }: Effort,
): EventInput {
  const attemptMs = verdict.reusedFrom === undefined ? (outcome?.durationMs ?? 0) : 0;
  return {
    type: 'subtask-end',
    subtask: subtask.id,
    status: verdict.status,
    attempts: verdict.reusedFrom === undefined ? attempts : 0,
    ...(verdict.commit === undefined ? {} : { commit: verdict.commit }),
    ...(verdict.branch === undefined ? {} : { branch: verdict.branch }),
    ...(verdict.error === undefined ? {} : { error: verdict.error }),
    ...(outcome?.changedFiles === undefined ? {} : { changedFiles: outcome.changedFiles }),
    ...(verdict.reusedFrom === undefined ? {} : { reusedFrom: verdict.reusedFrom }),
    usage: known?.usage ?? outcome?.usage ?? noUsage(),
    // Who went on with the run may have had it judged alone.
    durationMs: Math.max(durationMs, attemptMs),
    denials: known?.denials ?? outcome?.denials ?? 0,
  };
}
