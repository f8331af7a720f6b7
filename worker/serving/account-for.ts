import type { Outcome } from '../../ipc/index.ts';
import type { Spending } from '../agent/model/budget/spending.ts';

/**
 * The outcome with all that was used for it, and with the want of money as its reason where that kept something from being
 * done, whatever came of it. Who was told to end has ended for that.
 */
export function accountFor(outcome: Outcome, { usage, exhausted }: Pick<Spending, 'usage' | 'exhausted'>): Outcome {
  const counted = { ...outcome, usage: usage() };
  if (outcome.error === undefined || outcome.result === 'cancelled' || exhausted === undefined) return counted;
  return { ...counted, error: exhausted, result: exhausted.failure === 'cancelled' ? 'cancelled' : 'failed' };
}
