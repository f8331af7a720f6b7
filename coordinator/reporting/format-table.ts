import { cutToWidth, displayWidth, fitToWidth } from './display-width.ts';
import type { Paint } from './paint.ts';

export interface TableColumn {
  title: string;
  /** It is never cut below this many columns, unless the terminal is narrower than all minimums together. */
  minimum: number;
}

const gap = 2;

/** Rows as lines of aligned columns, no line wider than `columns`. The widest columns give way first. */
export function formatTable(
  header: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  { columns, paint }: { columns: number; paint: Paint },
): string[] {
  const widths = shareWidth(
    header.map(({ title }, index) => Math.max(...[title, ...rows.map((row) => row[index] ?? '')].map(displayWidth))),
    header.map(({ minimum }) => minimum),
    columns - gap * (header.length - 1),
  );
  const formatRow = (cells: readonly string[]) =>
    cutToWidth(
      cells
        .map((cell, index) => fitToWidth(cell, widths[index] ?? 0))
        .join(' '.repeat(gap))
        .trimEnd(),
      columns,
    );
  return [paint('dim', formatRow(header.map(({ title }) => title))), ...rows.map(formatRow)];
}

function shareWidth(natural: readonly number[], minimums: readonly number[], available: number): number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, width) => sum + width, 0) - available;
  while (excess > 0) {
    const spare = widths.map((width, index) => (width > (minimums[index] ?? 0) ? width : 0));
    const widest = spare.indexOf(Math.max(...spare));
    if ((spare[widest] ?? 0) === 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
  return widths;
}
