import { displayWidth, fitToWidth } from './display-width.ts';

/** Rows as lines, each column as wide as its widest cell, two spaces apart. The last one is as long as it is. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, displayWidth(cell));
  }
  return rows.map((row) =>
    row.map((cell, index) => (index === row.length - 1 ? cell : fitToWidth(cell, widths[index] ?? 0))).join('  '),
  );
}
