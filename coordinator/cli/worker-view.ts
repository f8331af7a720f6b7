import type { Outcome } from '../../ipc/index.ts';
import { type EventInput, type FanfoldEvent, oneLine, type ProgressInput, stripControl } from '../../tasks/index.ts';
import { attemptEnd } from '../dispatch/attempt-end.ts';
import { countOf, formatDuration, formatElapsed } from '../reporting/amounts.ts';
import { eventLines } from '../reporting/event-lines.ts';
import { createJsonView } from '../reporting/json-view.ts';
import { openOutput } from '../reporting/output.ts';
import type { CommandContext } from './command-context.ts';

/** What a worker process says of its work: lines for people, or the events of a run as NDJSON. */
export interface WorkerView {
  progress(event: ProgressInput): void;
  outcome(outcome: Outcome): void;
  notice(level: 'info' | 'warning', message: string): void;
  close(): Promise<void>;
}

export function createWorkerView(json: boolean, run: string, { stdout }: CommandContext): WorkerView {
  return json ? eventView(run, stdout) : lineView(run, stdout);
}

function eventView(run: string, stream: CommandContext['stdout']): WorkerView {
  const view = createJsonView({ stream });
  const show = (event: EventInput): void => view.show(stamped(run, event));
  return {
    progress: show,
    // Whether another attempt follows is for the coordinator to say.
    outcome: (outcome) => show(attemptEnd(outcome, false)),
    notice: (level, message) => show({ type: 'notice', level, message }),
    close: () => view.close(),
  };
}

function lineView(run: string, stream: CommandContext['stdout']): WorkerView {
  const output = openOutput(stream);
  const startedAt = performance.now();
  const write = (lines: readonly string[]): void => {
    const elapsed = formatElapsed(performance.now() - startedAt).padStart(7);
    for (const line of lines) output.write(`${elapsed}  ${stripControl(line)}\n`);
  };
  const show = (event: EventInput): void => write(eventLines(stamped(run, event))?.lines ?? []);
  return {
    progress: show,
    outcome: (outcome) => write([outcomeLine(outcome)]),
    notice: (level, message) => show({ type: 'notice', level, message }),
    async close() {
      await output.flush();
      output.release();
    },
  };
}

function outcomeLine({ subtask, result, changedFiles = [], error, durationMs }: Outcome): string {
  const files = result === 'changed' ? ` ${countOf(changedFiles.length, 'file')}` : '';
  const why = error === undefined ? '' : ` (${error.code}): ${oneLine(error.message, 1_000)}`;
  return `${subtask} ${result}${files}${why} in ${formatDuration(durationMs)}`;
}

function stamped(run: string, event: EventInput): FanfoldEvent {
  return { time: new Date().toISOString(), run, ...event } as FanfoldEvent;
}
