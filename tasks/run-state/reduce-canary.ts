import type { CanaryEnd, ForecastEnd, RunStart } from '../events/events.ts';
import type { RunState } from './run-state.ts';

/** A session begins: with the canary, or with all that is left. */
export function startCanary(state: RunState, { canary, time }: RunStart): void {
  if (canary !== undefined) state.canary = { ...canary };
  else if (state.canary?.goesOnAt !== undefined) state.canary.interrupted = true;
  else if (state.canary !== undefined) state.canary.goesOnAt = time;
}

export function reduceCanary(state: RunState, event: ForecastEnd | CanaryEnd): void {
  const { canary } = state;
  if (canary === undefined) return;
  if (event.type === 'forecast-end') {
    canary.forecast = event.forecast;
    return;
  }
  canary.decision = { goesOn: event.goesOn, by: event.by };
  if (event.goesOn) canary.goesOnAt ??= event.time;
}
