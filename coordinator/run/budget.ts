/**
 * What a run may spend, and what becomes of it when that is used up. Called by stages.ts. Promise: no request is made that
 * could pass the limit, on whatever thread; what was spent all the same, because a price or a size was not as expected,
 * ends the run at once, as its minutes do.
 */
import {
  amountsOfUsage,
  createLedgerMemory,
  giveUpWorker,
  joinLedger,
  type Ledger,
  type LedgerMemory,
  limitsOf,
} from '../../ipc/index.ts';
import {
  addUsage,
  type Budget,
  type ErrorRecord,
  FanfoldError,
  type FanfoldEvent,
  type RunState,
  tokensText,
  totalTokens,
  type Usage,
  usdText,
} from '../../tasks/index.ts';
import { type RunClock, startRunClock } from './run-clock.ts';

export interface RunBudget {
  /** For the run's own threads; undefined where neither money nor tokens are limited. */
  memory: LedgerMemory | undefined;
  /** The coordinator's own access to it. */
  ledger: Ledger | undefined;
  /** Of its minutes. */
  clock: RunClock;
  /** Called with every event. */
  see(event: FanfoldEvent, state: RunState): void;
  /** A thread is gone. */
  lost(worker: string): void;
  stop(): void;
}

export interface RunBudgetOptions {
  budget: Budget | undefined;
  /** By earlier sessions: what is journalled, and what attempts that are under way have used. */
  spent: readonly Usage[];
  threads: number;
  /** There is too little for another request; what is under way may end. */
  onShort: (error: ErrorRecord) => void;
  /** More was spent than there is, or the time is over. */
  onExhausted: (error: FanfoldError) => void;
}

/** For threads that take the place of dead ones, and the coordinator. */
const sparePlaces = 32;
/** What sums of floating-point numbers may be off, USD. */
const rounding = 1e-9;

export function openBudget({ budget, spent, threads, onShort, onExhausted }: RunBudgetOptions): RunBudget {
  const minutes = budget?.minutes;
  const overdue = (): void => onExhausted(exhausted(`The ${minutes} minutes of the run are over.`, 'minutes'));
  const clock = startRunClock(minutes === undefined ? undefined : minutes * 60_000, overdue);
  const isLimited = budget?.usd !== undefined || budget?.tokens !== undefined;
  const memory = isLimited ? createLedgerMemory(limitsOf(budget), threads + sparePlaces) : undefined;
  const ledger = memory === undefined ? undefined : joinLedger(memory, 'coordinator');
  for (const usage of spent) ledger?.spend(amountsOfUsage(usage));
  return {
    memory,
    ledger,
    clock,
    see(event, state) {
      if (budget === undefined) return;
      // A gate without the money for its judge is told by the subtasks that did not land for it.
      if ((event.type === 'attempt-end' || event.type === 'subtask-end') && isShort(event.error)) onShort(event.error);
      // Of workers in other processes only the end of an attempt is heard.
      if (event.type !== 'model-end' && event.type !== 'attempt-end' && event.type !== 'gate-end') return;
      const passed = passedLimit(budget, state.usage);
      if (passed !== undefined) onExhausted(passed);
    },
    lost(worker) {
      if (memory !== undefined) giveUpWorker(memory, worker);
    },
    stop() {
      clock.stop();
      ledger?.leave();
    },
  };
}

/** True for a request that the budget of the run had no room for. */
function isShort(error: ErrorRecord | undefined): error is ErrorRecord {
  return error?.code === 'budget-exhausted' && error.data?.['scope'] === 'run';
}

function passedLimit({ usd, tokens }: Budget, usage: Usage): FanfoldError | undefined {
  if (usd !== undefined && usage.usd > usd + rounding)
    return exhausted(`The run has spent ${usdText(usage.usd)} of ${usdText(usd)} USD.`, 'usd');
  if (tokens !== undefined && totalTokens(usage) > tokens)
    return exhausted(`The run has used ${tokensText(totalTokens(usage))} of ${tokensText(tokens)} tokens.`, 'tokens');
  return undefined;
}

function exhausted(message: string, limit: keyof Budget): FanfoldError {
  return new FanfoldError({
    code: 'budget-exhausted',
    message,
    next: `What landed is in the branch; go on with \`fanfold resume\` and a higher --${limit}.`,
    data: { scope: 'run', limit },
  });
}

/** What a run has spent so far by its journal, and by the transcripts of attempts that never ended. */
export function spentBefore(earlier: RunState | undefined, unended: readonly Usage[]): Usage[] {
  return earlier === undefined ? [] : [unended.reduce(addUsage, earlier.usage)];
}
