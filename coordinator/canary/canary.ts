/**
 * The canary of a run: when all its subtasks have ended, what they say about the others is told, and somebody decides
 * whether the run goes on. Made by run/stages.ts, fed with every event. Promise: the others start only after a yes that
 * is in the journal; while it waits for an answer nothing runs out, and whatever ends the run withdraws the question.
 */
import {
  type CanaryChoice,
  type CanaryEnd,
  type FanfoldEvent,
  type Forecast,
  type Plan,
  subtaskCounts,
  totalTokens,
} from '../../tasks/index.ts';
import type { Dispatch } from '../dispatch/dispatch.ts';
import type { Scheduler } from '../dispatch/scheduler.ts';
import type { Endings } from '../run/ending.ts';
import type { EventLog } from '../run/event-log.ts';
import { exitCodeOf } from '../run/exit-code.ts';
import type { RunClock } from '../run/run-clock.ts';
import { gateUsage } from '../run/unended-usage.ts';
import type { GoOn } from './canary-settings.ts';
import { forecastRest } from './forecast.ts';
import { leftIn, samplesOf } from './samples-of.ts';

export interface CanaryOptions {
  choice: CanaryChoice;
  plan: Plan;
  log: EventLog;
  goOn: GoOn | undefined;
  clock: RunClock;
  /** Subtasks at once, right now. */
  concurrency: () => number;
  scheduler: Pick<Scheduler, 'restrict'>;
  dispatch: Pick<Dispatch, 'pump'>;
  endings: Pick<Endings, 'first' | 'finish' | 'stopNow'>;
}

export interface Canary {
  /** Called once, when what an earlier coordinator left has been taken up. */
  begin(): void;
  /** Called with every event. */
  see(event: FanfoldEvent): void;
  /** Somebody answers from elsewhere. True when that is what the run waits for. */
  answer(goesOn: boolean): boolean;
}

type Decision = Pick<CanaryEnd, 'goesOn' | 'by'>;

export function createCanary({ choice, plan, log, goOn, ...options }: CanaryOptions): Canary {
  const { clock, scheduler, dispatch, endings } = options;
  const chosen = new Set(choice.subtasks);
  const waiting = new Set(choice.subtasks);
  const over = new AbortController();
  void endings.first.then(() => over.abort());
  let begun = false;
  let take: ((decision: Decision | undefined) => void) | undefined;

  function look(): void {
    if (begun && waiting.size === 0 && !over.signal.aborted) conclude().catch(endings.stopNow);
  }

  async function conclude(): Promise<void> {
    // What fails with a subtask it needs does so in the same turn.
    await Promise.resolve();
    const left = leftIn(plan, log.state, chosen);
    if (left.length === 0) return;
    const gates = gateUsage(log.state);
    const forecast = forecastRest({
      samples: samplesOf(plan, log.state, chosen),
      rest: left,
      concurrency: options.concurrency(),
      budget: plan.budget,
      gates: { usd: gates.usd, tokens: totalTokens(gates) },
      spent: {
        usd: log.state.usage.usd,
        tokens: totalTokens(log.state.usage),
        elapsedMs: clock.elapsedMs(),
      },
    });
    log.emit({ type: 'forecast-end', forecast });
    await log.flush();
    const decision = await decide(forecast);
    if (decision === undefined || over.signal.aborted) return;
    log.emit({ type: 'canary-end', ...decision, rest: left.length });
    await log.flush();
    if (over.signal.aborted) return;
    if (decision.goesOn) {
      scheduler.restrict(undefined);
      await dispatch.pump();
    } else endings.finish(exitCodeOf(log.state, subtaskCounts(log.state), false));
  }

  async function decide(forecast: Forecast): Promise<Decision | undefined> {
    const { minimum } = choice;
    if (minimum !== undefined && (forecast.passRate?.value ?? 0) < minimum) return { goesOn: false, by: 'minimum' };
    if (goOn === true) return { goesOn: true, by: 'option' };
    return goOn === undefined ? { goesOn: false, by: 'nobody' } : ask(forecast, goOn);
  }

  /** Undefined when the run ends before anybody has answered. */
  async function ask(forecast: Forecast, person: Exclude<GoOn, true>): Promise<Decision | undefined> {
    const answered = new AbortController();
    const elsewhere = new Promise<Decision | undefined>((resolve) => {
      take = resolve;
      over.signal.addEventListener('abort', () => resolve(undefined), { signal: answered.signal });
      if (over.signal.aborted) resolve(undefined);
    });
    const here = person === 'elsewhere' ? elsewhere : person(forecast, answered.signal).then(decisionOf);
    clock.hold();
    try {
      return await Promise.race([elsewhere, here]);
    } finally {
      clock.goOn();
      take = undefined;
      answered.abort();
    }
  }

  scheduler.restrict(chosen);

  return {
    begin() {
      for (const id of choice.subtasks) if (log.state.subtasks[id]?.endedAt !== undefined) waiting.delete(id);
      begun = true;
      look();
    },
    see(event) {
      if (event.type === 'subtask-end' && waiting.delete(event.subtask)) look();
    },
    answer(goesOn) {
      if (take === undefined) return false;
      const decision: Decision = { goesOn, by: 'person' };
      if (goesOn) take(decision);
      else log.emit({ type: 'canary-end', ...decision, rest: leftIn(plan, log.state, chosen).length });
      return true;
    },
  };
}

function decisionOf(goesOn: boolean | undefined): Decision {
  return goesOn === undefined ? { goesOn: false, by: 'nobody' } : { goesOn, by: 'person' };
}
