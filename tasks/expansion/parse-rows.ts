import { messageOf } from '../errors/error-record.ts';
import { limits } from '../task-file/limits.ts';

/** Rows of a data file, or why there are none: `found X; allowed Y`, with the line where there is one. */
export type Rows = { rows: unknown[] } | { problem: string };

/** Lines that are not blank, without their line ends. */
export function parseLines(text: string): Rows {
  return limited(
    withoutMark(text)
      .split(/\r?\n/)
      .filter((line) => line.trim() !== ''),
  );
}

/** RFC 4180 with a header row; every row is an object of texts. */
export async function parseCsv(text: string): Promise<Rows> {
  const { parse } = await import('csv-parse/sync');
  let records: string[][];
  try {
    records = parse(text, { bom: true, skip_empty_lines: true, max_record_size: limits.rowCharacters });
  } catch (error) {
    return {
      problem: `found CSV that can't be read: ${messageOf(error).slice(0, 300)}; allowed rows as long as the header`,
    };
  }
  const [header, ...rows] = records;
  if (header === undefined) return { problem: 'found no header row; allowed a first row that names the columns' };
  const names = header.map((name) => name.trim());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    return { problem: `found the column ${JSON.stringify(twice)} twice; allowed names that differ` };
  if (names.includes('')) return { problem: 'found a column without a name; allowed a name for each column' };
  return limited(rows.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index] ?? '']))));
}

/** One JSON value per line that is not blank. */
export function parseJsonLines(text: string): Rows {
  const rows: unknown[] = [];
  for (const [index, line] of withoutMark(text).split('\n').entries()) {
    if (line.trim() === '') continue;
    if (line.length > limits.rowCharacters)
      return { problem: `found line ${index + 1} with ${line.length} characters; ${rowLimit()}` };
    try {
      rows.push(JSON.parse(line));
    } catch (error) {
      return {
        problem: `found line ${index + 1} that is no JSON (${messageOf(error).slice(0, 200)}); allowed one value per line`,
      };
    }
  }
  return limited(rows);
}

/** A JSON list, or the list at the dotted path `select` of a JSON value. */
export function parseJsonList(text: string, select: string | undefined): Rows {
  let value: unknown;
  try {
    value = JSON.parse(withoutMark(text));
  } catch (error) {
    return { problem: `found text that is no JSON (${messageOf(error).slice(0, 200)}); allowed a JSON list` };
  }
  for (const key of select?.split('.') ?? []) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) {
      const known =
        typeof value === 'object' && value !== null ? Object.keys(value).slice(0, 20).join(', ') : 'no fields';
      return { problem: `found no ${JSON.stringify(key)} on the way of select; allowed ${known}` };
    }
    value = (value as Record<string, unknown>)[key];
  }
  if (!Array.isArray(value)) {
    return { problem: 'found a JSON value that is no list; allowed a list, or select with the path of one' };
  }
  return limited(value);
}

function limited(rows: unknown[]): Rows {
  if (rows.length > limits.rows) {
    return { problem: `found ${rows.length} rows; allowed at most ${limits.rows.toLocaleString('en')}` };
  }
  for (const [index, row] of rows.entries()) {
    if (typeof row === 'string' && row.length > limits.rowCharacters) {
      return { problem: `found row ${index + 1} with ${row.length} characters; ${rowLimit()}` };
    }
    if (typeof row === 'object' && row !== null && Object.keys(row).length > limits.rowFields) {
      return { problem: `found row ${index + 1} with more than ${limits.rowFields} fields; allowed fewer` };
    }
  }
  return { rows };
}

function rowLimit(): string {
  return `allowed at most ${limits.rowCharacters.toLocaleString('en')} characters per row`;
}

function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}
