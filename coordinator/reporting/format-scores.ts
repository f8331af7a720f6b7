/** Scores of checks for people: of one run in its report, and of many runs for `fanfold status --scores`. */
import { oneLine } from '../../tasks/index.ts';
import { alignColumns } from './align-columns.ts';
import { formatMinimum, formatScore } from './check-texts.ts';
import { cutToWidth } from './display-width.ts';
import { localTime } from './format-run-list.ts';
import { formatTable } from './format-table.ts';
import { createPaint, type Paint } from './paint.ts';
import type { CheckScores } from './scores.ts';

/** One run of `fanfold status --scores`. */
export interface RunScores {
  run: string;
  /** ISO 8601. */
  startTime?: string;
  scores: CheckScores[];
}

const longestName = 64;

/** Lines of a report: checks that give scores. None where no check does. */
export function formatScores(scores: readonly CheckScores[], columns: number, paint: Paint): string[] {
  const scored = scores.filter((entry) => entry.scored > 0);
  if (scored.length === 0) return [];
  return [
    paint('bold', 'Scores'),
    ...alignColumns(scored.map((entry) => [`  ${oneLine(entry.check, longestName)}`, scoreText(entry)])).map((line) =>
      cutToWidth(line, columns),
    ),
  ];
}

/** `0.83 (0.70 to 0.95), 3 of 4 passed, at least 0.70 needed, in workspaces`. */
export function scoreText(entry: CheckScores): string {
  const { minimum, passed, results, on } = entry;
  return [
    figures(entry),
    `${passed.toLocaleString('en-US')} of ${results.toLocaleString('en-US')} passed`,
    ...(minimum === undefined ? [] : [`at least ${formatMinimum(minimum)} needed`]),
    on === 'merged' ? 'on the merged tree' : 'in workspaces',
  ].join(', ');
}

/**
 * For each check a table of the runs it was in, in the order given, so that its trend can be read down a column. No
 * newline at the end.
 */
export function formatRunScores(
  runs: readonly RunScores[],
  { columns, color }: { columns: number; color: boolean },
): string {
  const paint = createPaint(color);
  const checks = new Map<string, { title: string; rows: string[][] }>();
  for (const { run, startTime, scores } of runs) {
    for (const entry of scores) {
      const where = entry.on === 'merged' ? 'on the merged tree' : 'in workspaces';
      const key = `${entry.on}\0${entry.check}`;
      const known = checks.get(key) ?? {
        title: `${oneLine(entry.check, longestName)} ${paint('dim', where)}`,
        rows: [],
      };
      checks.set(key, known);
      // Rounded down: 100% is all of them.
      const rate = entry.results === 0 ? 0 : Math.floor((100 * entry.passed) / entry.results);
      known.rows.push([
        run,
        localTime(startTime),
        entry.mean === undefined ? '-' : formatScore(entry.mean),
        entry.mean === undefined ? '-' : `${formatScore(entry.lowest ?? 0)}-${formatScore(entry.highest ?? 0)}`,
        `${rate}%`,
        `${entry.passed.toLocaleString('en-US')}/${entry.results.toLocaleString('en-US')}`,
      ]);
    }
  }
  if (checks.size === 0) return 'No run here has judged anything by a check yet.';
  const header = [
    { title: 'RUN', minimum: 24 },
    { title: 'STARTED', minimum: 16 },
    { title: 'SCORE', minimum: 5 },
    { title: 'RANGE', minimum: 9 },
    { title: 'PASSED', minimum: 6 },
    { title: 'OF', minimum: 4 },
  ];
  return [...checks.values()]
    .map(({ title, rows }) => [paint('bold', title), ...formatTable(header, rows, { columns, paint })].join('\n'))
    .join('\n\n');
}

function figures({ mean, lowest, highest, scored }: CheckScores): string {
  if (mean === undefined || lowest === undefined || highest === undefined) return 'no score';
  return scored === 1 || lowest === highest
    ? formatScore(mean)
    : `${formatScore(mean)} (${formatScore(lowest)} to ${formatScore(highest)})`;
}
