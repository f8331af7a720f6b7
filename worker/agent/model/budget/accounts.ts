/** Whose money is spent, and what is said when there is none left. Called by services.ts and spending.ts. */
import { type Amounts, type Ledger, unlimitedAmount, usdOf } from '../../../../ipc/index.ts';
import { type ErrorRecord, tokensText, usdText } from '../../../../tasks/index.ts';
import type { Account } from './paid-model.ts';

/** `isWhole`: this ledger knows of all that the run spends. */
export function runAccount(ledger: Ledger, { isWhole }: { isWhole: boolean }): Account {
  return {
    ledger,
    exhausted(least) {
      const { limit, why, needed } = shortage(ledger, least);
      return {
        code: 'budget-exhausted',
        message: `The budget of the run leaves no room for another request${isWhole ? `: ${why}` : ''}.`,
        next: `What landed is in the branch; go on with \`fanfold resume\` and a higher --${limit}.`,
        failure: 'cancelled',
        data: { scope: 'run', limit, needed },
      };
    },
  };
}

export function subtaskAccount(ledger: Ledger, id: string): Account {
  return {
    ledger,
    exhausted(least) {
      const { limit, why } = shortage(ledger, least);
      return outOfBudget(`The budget of ${id} leaves no room for another request: ${why}.`, limit);
    },
  };
}

/** Its other subtasks go on, and so can it. */
export function outOfBudget(message: string, limit: 'usd' | 'tokens' | 'minutes'): ErrorRecord {
  return {
    code: 'budget-exhausted',
    message,
    next: `Give it more with \`fanfold resume --failed --subtask-${limit} …\`: it goes on where it was.`,
    failure: 'permanent',
    data: { scope: 'subtask', limit },
  };
}

/** Which limit it is, how far it is used, and what another request needs, in USD or tokens. */
function shortage(ledger: Ledger, least: Amounts): { limit: 'usd' | 'tokens'; why: string; needed: number } {
  const { limits, spent } = ledger.standing();
  const isShort = limits.tokens !== unlimitedAmount && spent.tokens + least.tokens > limits.tokens;
  const limit = isShort ? 'tokens' : 'usd';
  const show = ({ tokens, money }: Amounts): string => (isShort ? tokensText(tokens) : usdText(usdOf(money)));
  const unit = isShort ? 'tokens' : 'USD';
  const needed = isShort ? least.tokens : usdOf(least.money);
  return { limit, needed, why: `${show(spent)} of ${show(limits)} ${unit} are spent, and it may take ${show(least)}` };
}
