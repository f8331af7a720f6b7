/**
 * The one way an event takes: stamped, reduced into the run's state, journalled, shown. Called by every stage of a run.
 * Promise: order is the same for all four; what has been shown and is not progress is on disk after `flush`.
 */
import type { Journal } from '../../ipc/index.ts';
import { type EventInput, type FanfoldEvent, initialRunState, type RunState, reduceRun } from '../../tasks/index.ts';

export interface EventLog {
  emit(event: EventInput): void;
  state: RunState;
  flush(): Promise<void>;
}

const progress = new Set<FanfoldEvent['type']>([
  'subtask-start',
  'subtask-progress',
  'tool-start',
  'tool-end',
  'model-end',
]);

export function createEventLog(run: string, journal: Journal, onEvent: (event: FanfoldEvent) => void): EventLog {
  let state = initialRunState();
  return {
    emit(input) {
      const event = { time: new Date().toISOString(), run, ...input } as FanfoldEvent;
      state = reduceRun(state, event);
      if (!progress.has(event.type)) journal.appendLater(event);
      onEvent(event);
    },
    get state() {
      return state;
    },
    flush: () => journal.flush(),
  };
}
