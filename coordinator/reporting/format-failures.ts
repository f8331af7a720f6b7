import { oneLine, stripControl } from '../../tasks/index.ts';
import { countOf } from './amounts.ts';
import { cutToWidth } from './display-width.ts';
import { keptBranchCommand } from './git-commands.ts';
import type { Paint } from './paint.ts';
import { evidenceOf, failuresOf, type Report, type SubtaskReport } from './report.ts';
import { failureWord } from './report-texts.ts';

/** Lines of all failures together. */
const maximumLines = 30;
const maximumEvidence = 8;

/**
 * What did not land and why, in about 30 lines: in full for a few, one line each for many, then a count by reason.
 */
export function formatFailures(report: Report, columns: number, paint: Paint): string[] {
  const failures = failuresOf(report);
  if (failures.length === 0) return [];
  const own = failures.filter((failure) => consequenceOf(failure) === undefined);
  const each = Math.floor(maximumLines / Math.max(1, own.length));
  const shown = own.slice(0, Math.min(own.length, maximumLines - 5));
  return [
    paint('bold', 'Did not land'),
    ...shown.flatMap((failure) => formatFailure(report, failure, each, columns, paint)),
    ...formatRest(own.slice(shown.length)),
    ...formatConsequences(failures, columns, paint),
  ];
}

function formatFailure(report: Report, failure: SubtaskReport, lines: number, columns: number, paint: Paint): string[] {
  const { id, error, status } = failure;
  const word = paint(status === 'cancelled' ? 'yellow' : 'red', failureWord(failure));
  const message = oneLine(error?.message ?? 'no reason was given', 1_000);
  const code = error?.code ?? status;
  if (lines < 4) return [`  ${word} ${cutToWidth(`${id}  ${code}: ${message}`, columns - 13)}`];
  const look = keptBranchCommand(report, failure);
  const evidence = lines < 7 ? [] : lastLines(evidenceOf(failure), Math.min(maximumEvidence, lines - 4));
  return [
    `  ${word} ${paint('bold', id)}  ${code}`,
    `    ${message}`,
    ...evidence.map((line) => paint('dim', cutToWidth(`    | ${line}`, columns))),
    ...(error === undefined ? [] : [`    next: ${oneLine(error.next, 1_000)}`]),
    ...(look === undefined ? [] : [`    look: ${look}`]),
  ];
}

function lastLines(text: string | undefined, count: number): string[] {
  const lines = stripControl(text ?? '')
    .replaceAll('\t', '    ')
    .split('\n')
    .filter((line) => line.trim() !== '');
  return lines.slice(-count);
}

function formatRest(rest: readonly SubtaskReport[]): string[] {
  if (rest.length === 0) return [];
  const reasons = countBy(rest, ({ error, status }) => error?.code ?? status);
  const shown = reasons.slice(0, 4).map(([reason, count]) => `${count.toLocaleString('en-US')} ${reason}`);
  return [
    `  … and ${rest.length.toLocaleString('en-US')} more: ${shown.join(', ')}${reasons.length > 4 ? ', …' : ''}`,
    '    report.md lists all of them',
  ];
}

/** What follows from another failure or from stopping the run needs no reason of its own. */
function consequenceOf({ status, error }: SubtaskReport): string | undefined {
  if (error?.code === 'dependency-failed') return 'not started, because what it needs did not land';
  if (status === 'cancelled') return 'cancelled';
  return status === 'unfinished' ? 'not finished' : undefined;
}

function formatConsequences(failures: readonly SubtaskReport[], columns: number, paint: Paint): string[] {
  const groups = new Map<string, string[]>();
  for (const failure of failures) {
    const reason = consequenceOf(failure);
    if (reason === undefined) continue;
    const ids = groups.get(reason) ?? [];
    ids.push(failure.id);
    groups.set(reason, ids);
  }
  return [...groups].map(([reason, ids]) => {
    const head = `${countOf(ids.length, 'subtask')} ${reason}:`;
    return `  ${paint('yellow', head)} ${cutToWidth(ids.slice(0, 40).join(', '), columns - head.length - 3)}`;
  });
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): [string, number][] {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return [...counts].sort(([, left], [, right]) => right - left);
}
