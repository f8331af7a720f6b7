/**
 * How subtasks come to their ends: each is told once, and what can never start without it ends with it. Called by
 * dispatch.ts. Promise: `settled` resolves when every subtask has been told.
 */

import type { Outcome } from '../../ipc/index.ts';
import type { Subtask } from '../../tasks/index.ts';
import type { AcceptanceContext, Verdict } from './accept-outcome.ts';
import type { DispatchOptions } from './dispatch-options.ts';
import type { HandOuts } from './hand-outs.ts';
import { keep } from './kept-work.ts';
import { isSatisfying } from './past.ts';
import { subtaskEnd } from './subtask-end.ts';
import { cancelledError, dependencyError } from './subtask-errors.ts';

export interface Settling {
  settled: Promise<void>;
  settle(subtask: Subtask, verdict: Verdict, outcome?: Outcome): void;
  /** What can never start now ends with the subtask it needs; some may have been told so by an earlier coordinator. */
  lose(lost: readonly Subtask[], need: string, status: 'failed' | 'cancelled'): void;
  /** Nobody hands it out any more, and what its agent had made when it was to go on is kept before that is told. */
  cancelWaiting(subtask: Subtask, reason: string): void;
  /** Whether all has been told already. */
  look(): void;
}

export interface SettlingContext extends Pick<DispatchOptions, 'scheduler' | 'log' | 'past'> {
  handOuts: HandOuts;
  acceptance: AcceptanceContext;
}

interface SettlingControl {
  /** Something may have become possible. */
  goOn: () => void;
  track: (work: Promise<void>) => void;
}

export function createSettling(
  { scheduler, log, past, handOuts, acceptance }: SettlingContext,
  { goOn, track }: SettlingControl,
): Settling {
  /** Cancelled, and not told yet. */
  let keeping = 0;
  let markSettled = (): void => {};
  const settled = new Promise<void>((resolve) => {
    markSettled = resolve;
  });

  function lose(lost: readonly Subtask[], need: string, status: 'failed' | 'cancelled'): void {
    for (const dependant of lost) {
      if (past.get(dependant.id)?.kind === 'settled') continue;
      tell(dependant, { status, error: dependencyError(dependant, need) });
    }
  }

  function conclude(
    subtask: Subtask,
    verdict: Verdict,
    { outcome, lost }: { outcome?: Outcome | undefined; lost: readonly Subtask[] },
  ): void {
    tell(subtask, verdict, outcome);
    lose(lost, subtask.id, verdict.status === 'cancelled' ? 'cancelled' : 'failed');
    if (scheduler.done() && keeping === 0) markSettled();
    else goOn();
  }

  function tell(subtask: Subtask, verdict: Verdict, outcome?: Outcome): void {
    const attempts = scheduler.attempts(subtask.id);
    const durationMs = handOuts.durationMs(subtask.id);
    log.emit(subtaskEnd(subtask, verdict, { outcome, attempts, known: log.state.subtasks[subtask.id], durationMs }));
  }

  function settle(subtask: Subtask, verdict: Verdict, outcome?: Outcome): void {
    conclude(subtask, verdict, { outcome, lost: scheduler.settle(subtask.id, isSatisfying(verdict.status)) });
  }

  return {
    settled,
    settle,
    lose,
    cancelWaiting(subtask, reason) {
      const { id } = subtask;
      const verdict: Verdict = { status: 'cancelled', error: cancelledError(id, reason) };
      const commit = handOuts.waitsWith(id);
      if (commit === undefined) {
        settle(subtask, verdict);
        return;
      }
      const lost = scheduler.settle(id, false);
      const work = { subtask: id, attempt: scheduler.attempts(id), commit };
      keeping += 1;
      const told = async (): Promise<void> => {
        const kept = await keep(work, acceptance).catch(() => ({}));
        keeping -= 1;
        conclude(subtask, { ...verdict, ...kept }, { lost });
      };
      track(told());
    },
    look() {
      if (scheduler.done()) markSettled();
    },
  };
}
