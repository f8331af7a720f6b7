import { oneLine, type RunState, type SubtaskEnd, type SubtaskState } from '../../tasks/index.ts';
import { formatElapsed, formatUsage } from './amounts.ts';
import { canaryProgress } from './canary-lines.ts';
import { cutToWidth, displayWidth, fitToWidth } from './display-width.ts';
import { endText } from './event-lines.ts';
import { formatProgressBar } from './format-progress-bar.ts';
import type { Paint, Style } from './paint.ts';

/** What a live view shows at one moment. */
export interface LiveModel {
  state: RunState;
  /** The subtasks that ended last, the newest at the end. */
  recent: readonly SubtaskEnd[];
  /** Milliseconds since the epoch. */
  now: number;
}

export interface LiveFrameOptions {
  columns: number;
  rows: number;
  paint: Paint;
  /** False: ASCII only. */
  unicode: boolean;
}

const headLines = 3;
/** Terminals with fewer rows have none to spare for blank lines. */
const roomyRows = 16;
const timeWidth = 7;

/** The lines of a live view, none wider than `columns - 1`, at most about two thirds of the terminal's rows. */
export function formatLiveFrame(model: LiveModel, options: LiveFrameOptions): string[] {
  const columns = Math.max(10, options.columns - 1);
  const height = Math.max(1, Math.min(options.rows - 1, Math.max(8, Math.floor((options.rows * 2) / 3))));
  const sized = { ...options, columns };
  const head = [formatTitle(model, sized), formatProgressBar(model.state.counts, sized), formatModel(model, sized)];
  const recent = model.recent.map((ended) => formatRecent(ended, sized));
  const blank = options.rows >= roomyRows ? [''] : [];
  const room = height - headLines - 3 * blank.length - recent.length;
  const work = formatWork(model, Math.max(1, room), sized);
  const parts = [head.filter((line) => line !== undefined), work, recent].filter((part) => part.length > 0);
  const lines = parts.flatMap((part) => [...blank, ...part]).slice(0, height);
  return options.unicode ? lines : lines.map((line) => line.replaceAll('…', '~'));
}

function formatTitle({ state, now }: LiveModel, { columns, paint }: LiveFrameOptions): string {
  const elapsed = formatElapsed(now - timeOf(state.startedAt, now));
  const title = cutToWidth(oneLine(state.name ?? '', 200), columns - elapsed.length - 1);
  const room = columns - displayWidth(title) - elapsed.length - 1;
  const parts = [state.paused && 'paused', canaryProgress(state), state.goal && oneLine(state.goal, 10 * columns)];
  const about = parts.filter((part) => part !== undefined).join('  ');
  const goal = about === '' || room < 8 ? '' : ` ${about}`;
  return `${paint('bold', title)}${paint('dim', fitToWidth(goal, room))} ${elapsed}`;
}

/** What the models used and what the merge queue does; undefined where there is neither. */
function formatModel({ state }: LiveModel, { columns, paint }: LiveFrameOptions): string | undefined {
  const [first, ...others] = state.merges.findLast(({ endedAt }) => endedAt === undefined)?.subtasks ?? [];
  const merging = first === undefined ? undefined : `merging ${first}`;
  const more = others.length > 0 ? ` and ${others.length} more` : '';
  const parts = [formatUsage(state.usage, state.budget), merging && merging + more].filter(
    (part) => part !== undefined,
  );
  return parts.length === 0 ? undefined : paint('dim', cutToWidth(parts.join('  '), columns));
}

function formatWork({ state, now }: LiveModel, room: number, { columns, paint }: LiveFrameOptions): string[] {
  const running: SubtaskState[] = [];
  for (const id of state.active) {
    const subtask = state.subtasks[id];
    if (subtask?.status === 'running') running.push(subtask);
  }
  const shown = running.length <= room ? running : running.slice(0, Math.max(0, room - 1));
  const workers = shown.map(({ worker }) => worker ?? '');
  const workerWidth = widest(workers, 14);
  const idWidth = widest(
    shown.map(({ id }) => id),
    Math.max(12, Math.floor(columns / 3)),
  );
  const textWidth = columns - workerWidth - idWidth - timeWidth - 6;
  const lines = shown.map(({ id, worker = '', attempt, activity, startedAt }) => {
    const time = formatElapsed(now - timeOf(startedAt, now));
    if (textWidth < 4) return cutToWidth(`  ${id}  ${time}`, columns);
    const left = `  ${paint('dim', fitToWidth(worker, workerWidth))} ${fitToWidth(id, idWidth)}`;
    const again = attempt > 1 ? `attempt ${attempt}: ` : '';
    return `${left}  ${fitToWidth(again + oneLine(activity ?? 'starts', 300), textWidth)} ${time.padStart(timeWidth)}`;
  });
  const left = (running.length - shown.length).toLocaleString('en-US');
  return left === '0' ? lines : [...lines, paint('dim', cutToWidth(`  … and ${left} more at work`, columns))];
}

function formatRecent(event: SubtaskEnd, { columns, paint }: LiveFrameOptions): string {
  const { status, subtask } = event;
  const style: Style = status === 'landed' || status === 'cached' || status === 'unchanged' ? 'green' : 'red';
  const word = fitToWidth(status, 10);
  return `  ${paint(style, word)} ${cutToWidth(`${subtask}  ${endText(event)}`, columns - 13)}`;
}

function widest(texts: readonly string[], maximum: number): number {
  return Math.min(maximum, Math.max(0, ...texts.map(displayWidth)));
}

function timeOf(time: string | undefined, otherwise: number): number {
  return time === undefined ? otherwise : Date.parse(time);
}
