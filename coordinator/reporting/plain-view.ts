import type { Writable } from 'node:stream';
import { initialRunState, oneLine, reduceRun, stripControl, subtaskCounts } from '../../tasks/index.ts';
import { formatElapsed, formatUsage } from './amounts.ts';
import { eventLines } from './event-lines.ts';
import { badCount, goodCount } from './format-progress-bar.ts';
import { openOutput } from './output.ts';
import type { View } from './view.ts';

export interface PlainViewOptions {
  stream: Writable;
  /** True: every line, however large the run is. Default false. */
  everything?: boolean;
  /** False: no sums of the run, since not all of its events are shown. Default true. */
  summaries?: boolean;
}

/** From so many subtasks on, a line for each would bury what matters. */
const largeRun = 200;
const summaryEveryMs = 5_000;
/** A small run says that it is alive; some CI systems end jobs that are silent for minutes. */
const silenceMs = 60_000;

/**
 * Lines for logs: no colours, no cursor movement, the elapsed time in front. Time is taken from the events, so a replay
 * of a journal prints what the run printed.
 */
export function createPlainView({ stream, everything = false, summaries = true }: PlainViewOptions): View {
  const output = openOutput(stream);
  const state = initialRunState();
  let startedAt: number | undefined;
  let lastAt = 0;
  let writtenAt = 0;

  const writeLines = (lines: readonly string[]) => {
    const elapsed = formatElapsed(lastAt - (startedAt ?? lastAt)).padStart(7);
    for (const [index, line] of lines.entries()) {
      output.write(`${index === 0 ? elapsed : ' '.repeat(elapsed.length)}  ${stripControl(line)}\n`);
    }
    writtenAt = lastAt;
  };
  const writeSummary = () => {
    const { counts, subtasks, usage, budget } = state;
    const { total } = subtaskCounts(state);
    const bad = badCount(counts);
    const running = [...state.active].map((id) => subtasks[id]).filter((subtask) => subtask?.status === 'running');
    const names = running.slice(0, 4).map((subtask) => `${subtask?.id}: ${subtask?.activity ?? 'starts'}`);
    const parts = [
      `${text(goodCount(counts) + bad)} of ${text(total)} ended${bad > 0 ? `, ${text(bad)} did not land` : ''}`,
      `${text(counts.running)} running${names.length > 0 && total < largeRun ? ` (${names.join('; ')})` : ''}`,
      formatUsage(usage, budget),
    ];
    writeLines([parts.filter((part) => part !== undefined).join('; ')]);
  };

  return {
    show(event) {
      reduceRun(state, event);
      lastAt = Math.max(lastAt, Date.parse(event.time) || 0);
      startedAt ??= lastAt;
      const large = !everything && subtaskCounts(state).total >= largeRun;
      const lines = eventLines(event);
      if (lines !== undefined && (!large || lines.weight !== 'plain')) {
        // Failures don't put the summaries of a large run off.
        const before = writtenAt;
        writeLines(lines.lines);
        if (large) writtenAt = before;
      }
      if (summaries && event.type !== 'run-end' && lastAt - writtenAt >= (large ? summaryEveryMs : silenceMs))
        writeSummary();
    },
    recall(event) {
      reduceRun(state, event);
    },
    say(line) {
      writeLines([oneLine(line, 1_000)]);
    },
    ask: () => false,
    async close(signal) {
      await output.flush(signal);
      output.release();
    },
  };
}

function text(count: number): string {
  return count.toLocaleString('en-US');
}
