/**
 * The one way an event takes: stamped, reduced into the run's state, journalled, shown. Called by every stage of a run.
 * Promise: order is the same for all four; what has been shown and is not progress is on disk after `flush`.
 */
import type { Journal } from '../../ipc/index.ts';
import { type EventInput, type FanfoldEvent, initialRunState, type RunState, reduceRun } from '../../tasks/index.ts';

export interface EventLog {
  emit(event: EventInput): void;
  /** The same without the journal, which has it from an earlier session. */
  repeat(event: EventInput): void;
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

export interface EventLogOptions {
  run: string;
  journal: Journal;
  /** What earlier sessions of the run came to. */
  state?: RunState;
  onEvent: (event: FanfoldEvent) => void;
  /** The journal can't be written: the run must end. Events still reach the state and the view. */
  onFailure: (error: unknown) => void;
}

export function createEventLog({ run, journal, onEvent, onFailure, ...earlier }: EventLogOptions): EventLog {
  let state = earlier.state ?? initialRunState();

  function record(event: FanfoldEvent): void {
    try {
      journal.appendLater(event);
    } catch (error) {
      onFailure(error);
    }
  }

  function take(input: EventInput, keep: (event: FanfoldEvent) => void): void {
    const event = { time: new Date().toISOString(), run, ...input } as FanfoldEvent;
    state = reduceRun(state, event);
    if (!progress.has(event.type)) keep(event);
    onEvent(event);
  }

  return {
    emit: (input) => take(input, record),
    repeat: (input) => take(input, () => {}),
    get state() {
      return state;
    },
    flush: () => journal.flush(),
  };
}
