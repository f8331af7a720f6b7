import type { RunState } from '../../tasks/index.ts';
import { cutToWidth, displayWidth } from './display-width.ts';
import type { Paint, Style } from './paint.ts';

export interface ProgressBarOptions {
  columns: number;
  paint: Paint;
  /** False: ASCII only. */
  unicode: boolean;
}

const maximumWidth = 40;
const minimumWidth = 8;

/** Counts of subtasks as a bar and in words, on one line; the bar gives way first. */
export function formatProgressBar(counts: RunState['counts'], { columns, paint, unicode }: ProgressBarOptions): string {
  const good = goodCount(counts);
  const bad = badCount(counts);
  const waiting = counts.waiting + counts.queued;
  const total = good + bad + waiting + counts.running + counts.merging;
  const words = [
    `${text(good + bad)}/${text(total)}`,
    ...(good > 0 ? [`${text(good)} done`] : []),
    ...(bad > 0 ? [`${text(bad)} not landed`] : []),
    ...(counts.merging > 0 ? [`${text(counts.merging)} merging`] : []),
    ...(counts.running > 0 ? [`${text(counts.running)} running`] : []),
    ...(waiting > 0 ? [`${text(waiting)} waiting`] : []),
  ].join('  ');
  const width = Math.min(maximumWidth, columns - displayWidth(words) - 2);
  if (width < minimumWidth || total === 0) return cutToWidth(words, columns);
  const parts: { count: number; sign: string; style: Style }[] = [
    { count: good, sign: unicode ? '█' : '#', style: 'green' },
    { count: bad, sign: unicode ? '▚' : '!', style: 'red' },
    { count: counts.merging, sign: unicode ? '▓' : '=', style: 'green' },
    { count: counts.running, sign: unicode ? '▒' : '+', style: 'cyan' },
    { count: waiting, sign: unicode ? '░' : '.', style: 'dim' },
  ];
  const cells = shareCells(
    parts.map(({ count }) => count),
    width,
  );
  const bar = parts.map(({ sign, style }, index) => {
    const part = sign.repeat(cells[index] ?? 0);
    return part === '' ? '' : paint(style, part);
  });
  return `${bar.join('')}  ${words}`;
}

/** Subtasks whose work counts. */
export function goodCount({
  landed,
  unchanged,
  cached,
}: Pick<RunState['counts'], 'landed' | 'unchanged' | 'cached'>): number {
  return landed + unchanged + cached;
}

/** Subtasks that ended without their work counting. */
export function badCount({
  failed,
  conflicted,
  cancelled,
}: Pick<RunState['counts'], 'failed' | 'conflicted' | 'cancelled'>): number {
  return failed + conflicted + cancelled;
}

/** Cells in proportion to the counts, at least one for each that is not 0, `width` together. */
function shareCells(counts: readonly number[], width: number): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const cells = counts.map((count) => (count === 0 ? 0 : Math.max(1, Math.round((count / total) * width))));
  const largest = cells.indexOf(Math.max(...cells));
  const sum = cells.reduce((all, count) => all + count, 0);
  return cells.map((count, index) => (index === largest ? Math.max(1, count + width - sum) : count));
}

function text(count: number): string {
  return count.toLocaleString('en-US');
}
