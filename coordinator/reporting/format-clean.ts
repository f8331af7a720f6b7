import { oneLine } from '../../tasks/index.ts';
import type { CleanItem, CleanReport } from '../housekeeping/clean-report.ts';
import { countOf, formatBytes } from './amounts.ts';
import { formatTable } from './format-table.ts';
import { createPaint, type Paint } from './paint.ts';

export interface FormatCleanOptions {
  /** Columns of the terminal; 100 by default. */
  columns?: number;
  color?: boolean;
}

const longestCell = 300;

/** What went, what is kept and why, what could not be removed. No newline at the end. */
export function formatClean(
  { dryRun, items, bytes }: CleanReport,
  { columns = 100, color = false }: FormatCleanOptions = {},
): string {
  const settings = { columns, paint: createPaint(color) };
  const gone = items.filter(({ outcome }) => outcome === (dryRun ? 'found' : 'removed'));
  const kept = items.filter(({ outcome }) => outcome === 'kept');
  const failed = items.filter(({ outcome }) => outcome === 'failed');
  const things = `${countOf(gone.length, 'thing')}, ${formatBytes(bytes)}`;
  const total = dryRun
    ? `${things} would be removed. Nothing was: this is a dry run.`
    : `${things} ${gone.length === 1 ? 'was' : 'were'} removed.`;
  const hint = kept.some(({ forceable }) => forceable) ? [hintOfForce(kept)] : [];
  const sections = [
    gone.length === 0 ? [] : [...table(gone, settings), total],
    kept.length === 0 ? [] : ['Kept:', ...table(kept, settings), ...hint],
    failed.length === 0 ? [] : ['Could not be removed:', ...table(failed, settings)],
  ];
  const text = sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
  if (gone.length > 0) return text;
  return [failed.length === 0 ? 'There is nothing to clean.' : '', text].filter(Boolean).join('\n\n');
}

function table(items: readonly CleanItem[], settings: { columns: number; paint: Paint }): string[] {
  const header = [
    { title: 'KIND', minimum: 9 },
    { title: 'WHAT', minimum: 30 },
    { title: 'SIZE', minimum: 8 },
    { title: 'WHY', minimum: 20 },
  ];
  const rows = items.map(({ kind, name, bytes, reason, error }) => [
    kind,
    oneLine(name, longestCell),
    bytes === 0 ? '-' : formatBytes(bytes),
    oneLine(error ?? reason, longestCell),
  ]);
  return formatTable(header, rows, settings);
}

function hintOfForce(kept: readonly CleanItem[]): string {
  const branches = kept.some(({ kind, forceable }) => forceable && kind === 'branch');
  return branches
    ? 'Merge what you want to keep; --force removes these as well, with all that is in them.'
    : '--force removes these as well.';
}
