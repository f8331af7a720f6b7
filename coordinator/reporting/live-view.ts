import currentProcess from 'node:process';
import {
  type FanfoldEvent,
  initialRunState,
  oneLine,
  reduceRun,
  type SubtaskEnd,
  stripControl,
} from '../../tasks/index.ts';
import { cutToWidth } from './display-width.ts';
import { eventLines } from './event-lines.ts';
import { formatLiveFrame, type LiveFrameOptions } from './live-frame.ts';
import { createLiveRegion } from './live-region.ts';
import { openOutput } from './output.ts';
import { createPaint, type Paint } from './paint.ts';
import { guardTerminal, type ProcessEvents } from './terminal-guard.ts';
import type { TerminalSettings, TerminalStream } from './terminal-settings.ts';
import type { View } from './view.ts';

export interface LiveViewOptions {
  /** A terminal; its size is read from it at each redraw. */
  stream: TerminalStream;
  settings: Pick<TerminalSettings, 'color' | 'unicode'>;
  /** Milliseconds since the epoch; Date.now by default. */
  now?: () => number;
  /** The process whose exit and suspension give the terminal back; this one by default. */
  process?: ProcessEvents;
}

const redrawEveryMs = 100;
const tickEveryMs = 1_000;
const maximumRecent = 4;
const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';

/**
 * A view that is redrawn in place: at most ten times a second, when something changed, and each second for the times it
 * shows. Notices and failures stay above it. The cursor is hidden until close(), the process's exit or suspension.
 */
export function createLiveView({
  stream,
  settings: { color, unicode },
  now = Date.now,
  process = currentProcess,
}: LiveViewOptions): View {
  const output = openOutput(stream);
  const paint = createPaint(color);
  const region = createLiveRegion(output.write, () => stream.columns ?? 80);
  const state = initialRunState();
  let recent: SubtaskEnd[] = [];
  let above: string[] = [];
  let question: string | undefined;
  let drawn = '';
  let drawnAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let suspended = false;

  const redraw = () => {
    // After a suspension, timers and events come before the signal to go on; the shell has the terminal until then.
    if (suspended) return;
    const columns = stream.columns ?? 80;
    const asked = question === undefined ? [] : [formatQuestion(question, { columns, paint, unicode })];
    const frame = formatLiveFrame(
      { state, recent, now: now() },
      {
        columns,
        rows: (stream.rows ?? 24) - asked.length,
        paint,
        unicode,
      },
    );
    const lines = [...frame, ...asked];
    const text = lines.join('\n');
    if (text !== drawn || above.length > 0) region.draw(lines, above);
    above = [];
    drawn = text;
    drawnAt = now();
    schedule(tickEveryMs);
  };
  const schedule = (delay: number) => {
    clearTimeout(timer);
    timer = setTimeout(redraw, delay).unref();
  };
  /** The next redraw is due now, or as soon as the last one is long enough ago. */
  const changed = () => {
    const delay = Math.max(0, drawnAt + redrawEveryMs - now());
    if (delay === 0) redraw();
    else schedule(Math.min(delay, redrawEveryMs));
  };
  const restore = () => {
    region.clear();
    output.write(showCursor);
    drawn = '';
    suspended = true;
  };
  const resume = () => {
    suspended = false;
    region.forget();
    output.write(hideCursor);
    redraw();
  };
  const standDown = guardTerminal({ process, restore, resume });
  stream.on('resize', changed);
  output.write(hideCursor);

  return {
    show(event) {
      if (closed) return;
      reduceRun(state, event);
      if (event.type === 'subtask-end') recent = [...recent.slice(1 - maximumRecent), event];
      above.push(...linesAbove(event, paint));
      changed();
    },
    recall(event) {
      reduceRun(state, event);
    },
    say(text) {
      if (closed) return;
      above.push(paint('yellow', oneLine(text, 1_000)));
      changed();
    },
    ask(asked) {
      if (closed) return false;
      question = asked;
      redraw();
      return true;
    },
    async close(signal) {
      if (!closed) {
        closed = true;
        clearTimeout(timer);
        stream.off('resize', changed);
        standDown();
        // Failures that came since the last redraw must not be lost with it.
        if (above.length > 0) region.draw([], above);
        restore();
      }
      await output.flush(signal);
      output.release();
    },
  };
}

/** What is asked for may be long; how to answer is never cut off. */
function formatQuestion(
  question: string,
  { columns, paint, unicode }: Pick<LiveFrameOptions, 'columns' | 'paint' | 'unicode'>,
): string {
  const answer = ' [y/N]';
  const text = cutToWidth(oneLine(question, 10 * columns), Math.max(1, columns - 1 - answer.length));
  return paint('yellow', (unicode ? text : text.replaceAll('…', '~')) + answer);
}

/** The report says how the run ended; everything else that is not routine stays on the screen. */
function linesAbove(event: FanfoldEvent, paint: Paint): string[] {
  const lines = event.type === 'run-end' ? undefined : eventLines(event);
  if (lines === undefined || lines.weight === 'plain') return [];
  const [first = '', ...rest] = lines.lines.map(stripControl);
  const style = lines.weight === 'failure' ? 'red' : first.startsWith('warning: ') ? 'yellow' : 'dim';
  return [paint(style, first), ...rest];
}
