import type { Control } from '../../ipc/index.ts';
import type { EventInput } from '../../tasks/index.ts';
import type { Canary } from '../canary/canary.ts';
import type { Dispatch } from '../dispatch/dispatch.ts';
import type { Crew } from '../workers/crew.ts';
import { isMoneyRequest, type OutsideMoney } from '../workers/outside-money.ts';

export interface Obedient {
  crew: Crew;
  dispatch: Dispatch;
  /** What a run waits for after its canary. */
  canary: Pick<Canary, 'answer'> | undefined;
  /** What worker processes beside it may spend. */
  money: OutsideMoney;
  emit: (event: EventInput) => void;
  cancelRun: (reason: string) => void;
}

/** What orders by mail do to a run. Called by the dispatch for each, once. */
export function obeyControl(control: Control, to: Obedient): void {
  const { crew, dispatch, canary, money, emit } = to;
  if (control.action === 'cancel') obeyCancel(control, to);
  else if (control.action === 'pause') {
    dispatch.pause();
    crew.tell(control);
    const message = 'Paused: nothing more is started; what is at hand goes on.';
    emit({ type: 'notice', level: 'info', message, paused: true });
  } else if (control.action === 'continue') {
    crew.tell(control);
    dispatch.continue();
    emit({ type: 'notice', level: 'info', message: 'The run goes on.', paused: false });
    canary?.answer(true);
  } else if (control.action === 'join') crew.join(control);
  else if (control.action === 'leave') crew.leave(control.worker);
  else if (isMoneyRequest(control)) money.take(control);
}

function obeyCancel(
  { subtask, reason }: Control & { action: 'cancel' },
  { crew, dispatch, canary, emit, cancelRun }: Obedient,
): void {
  if (subtask === undefined) {
    canary?.answer(false);
    cancelRun(reason);
    return;
  }
  const found = dispatch.cancel(subtask, reason);
  // Whoever works on it, or claims it later, answers that it was cancelled.
  if (found.state === 'out') crew.tell({ action: 'cancel', reason, subtask, attempt: found.attempt });
  if (found.state === 'too-late' || found.state === 'unknown') {
    const why = found.state === 'unknown' ? 'the plan has no such subtask' : 'its work is done already';
    emit({ type: 'notice', level: 'warning', message: `${subtask} was not cancelled: ${why}.` });
  }
}
