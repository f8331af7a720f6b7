import { countOf, formatDuration } from './amounts.ts';
import { badCount, goodCount } from './format-progress-bar.ts';
import { formatTable } from './format-table.ts';
import { createPaint, type Paint } from './paint.ts';
import type { Report } from './report.ts';

/** One run as `fanfold status` lists it. */
export interface RunListRow extends Pick<Report, 'run' | 'startTime' | 'durationMs' | 'subtasks' | 'branch'> {
  /** `running` or `paused` where a live coordinator works on it; `unfinished` where none does any more. */
  status: Report['status'] | 'running' | 'paused';
}

export interface FormatRunListOptions {
  /** Columns of the terminal; 100 by default. */
  columns?: number;
  color?: boolean;
}

/** The runs of a repository as a table, in the order given. No newline at the end. */
export function formatRunList(
  rows: readonly RunListRow[],
  { columns = 100, color = false }: FormatRunListOptions = {},
): string {
  if (rows.length === 0) return 'There is no run here yet. Start one with `fanfold run <file>`.';
  const paint = createPaint(color);
  const header = [
    { title: 'RUN', minimum: 24 },
    { title: 'STATUS', minimum: 11 },
    { title: 'STARTED', minimum: 16 },
    { title: 'TIME', minimum: 7 },
    { title: 'SUBTASKS', minimum: 12 },
    { title: 'BRANCH', minimum: 8 },
  ];
  const cells = rows.map(({ run, status, startTime, durationMs, subtasks, branch }) => [
    run,
    status === 'unfinished' ? 'stopped' : status,
    localTime(startTime),
    // How long a run took that was killed is not known.
    status === 'unfinished' ? '-' : formatDuration(durationMs),
    figures(subtasks),
    branch ?? '-',
  ]);
  const [head = '', ...lines] = formatTable(header, cells, { columns, paint });
  return [head, ...lines.map((line, index) => paintStatus(line, cells[index]?.[1] ?? '', paint))].join('\n');
}

function figures(counts: Report['subtasks']): string {
  const bad = badCount(counts);
  const done = `${goodCount(counts).toLocaleString('en-US')} of ${counts.total.toLocaleString('en-US')}`;
  return bad > 0 ? `${done}, ${countOf(bad, 'failure')}` : done;
}

function paintStatus(line: string, status: string, paint: Paint): string {
  const styles = { succeeded: 'green', failed: 'red', running: 'cyan' } as const;
  const style = status in styles ? styles[status as keyof typeof styles] : 'yellow';
  return line.replace(`  ${status} `, `  ${paint(style, status)} `);
}

/** `2026-01-31 09:05`, in the local time zone. */
export function localTime(time: string | undefined): string {
  const date = new Date(time ?? '');
  return Number.isNaN(date.getTime()) ? '-' : date.toLocaleString('sv-SE').slice(0, 16);
}
