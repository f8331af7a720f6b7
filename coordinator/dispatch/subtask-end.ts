import type { Outcome } from '../../ipc/index.ts';
import { type EventInput, noUsage, type Subtask, type Usage } from '../../tasks/index.ts';
import type { Verdict } from './accept-outcome.ts';

export interface Effort {
  /** The outcome that the verdict is on, where there was one. */
  outcome: Outcome | undefined;
  attempts: number;
  /** What all attempts used, as far as is known. */
  spent: Usage | undefined;
  durationMs: number;
}

/** The event that a verdict becomes. */
export function subtaskEnd(
  subtask: Subtask,
  verdict: Verdict,
  { outcome, attempts, spent, durationMs }: Effort,
): EventInput {
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
    usage: spent ?? outcome?.usage ?? noUsage(),
    durationMs,
    denials: outcome?.denials ?? 0,
  };
}
