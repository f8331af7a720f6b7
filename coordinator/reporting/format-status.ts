import { oneLine } from '../../tasks/index.ts';
import { countOf, formatDuration, formatUsage } from './amounts.ts';
import { cutToWidth } from './display-width.ts';
import { formatExcused } from './format-excused.ts';
import { formatFailures } from './format-failures.ts';
import { formatReport } from './format-report.ts';
import { createPaint, type Paint } from './paint.ts';
import type { Report, SubtaskReport } from './report.ts';
import { countsText } from './report-texts.ts';

export interface FormatStatusOptions {
  /** A live coordinator works on this run. */
  running: boolean;
  color?: boolean;
  /** Columns of the terminal; 100 by default. */
  columns?: number;
}

const maximumListed = 20;

/** One run for `fanfold status`: its report when it has ended, else how far it has come. No newline at the end. */
export function formatStatus(report: Report, { running, color = false, columns = 100 }: FormatStatusOptions): string {
  if (report.status !== 'unfinished') return formatReport(report, { color, columns });
  const paint = createPaint(color);
  const { run, goal, durationMs, folder } = report;
  const usage = formatUsage(report.usage, report.budget);
  const ended = { ...report, results: report.results.filter(({ phase }) => phase === undefined) };
  const failures = formatFailures(ended, columns, paint);
  const excused = formatExcused(report, columns, paint);
  return [
    running
      ? `${paint('bold', run)} ${atWork(report, paint)} for ${formatDuration(durationMs)}`
      : `${paint('bold', run)} ${paint('yellow', 'stopped before it ended: nobody is at work on it')}`,
    ...(goal === undefined ? [] : [cutToWidth(`  ${oneLine(goal, 10 * columns)}`, columns)]),
    `  ${countsText(report)}`,
    ...(usage === undefined ? [] : [`  ${usage}`]),
    '',
    ...(['running', 'merging', 'queued', 'waiting'] as const).flatMap((phase) => {
      const results = report.results.filter((result) => result.phase === phase);
      return results.length === 0 ? [] : [cutToWidth(`  ${phase}  ${idsOf(results)}`, columns)];
    }),
    ...(failures.length === 0 ? [] : ['', ...failures]),
    ...(excused.length === 0 ? [] : ['', ...excused]),
    '',
    `Logs     fanfold logs ${run} <subtask>`,
    ...(running && (report.paused || waitsForAnswer(report)) ? [`Go on    fanfold continue ${run}`] : []),
    running ? `Cancel   fanfold cancel ${run}` : `Resume   fanfold resume ${run}`,
    `Folder   ${folder}`,
  ].join('\n');
}

function atWork(report: Report, paint: Paint): string {
  if (waitsForAnswer(report)) {
    const rest = report.canary?.forecast?.rest ?? 0;
    return paint('yellow', `waits: shall it go on with the other ${countOf(rest, 'subtask')}? At work`);
  }
  return report.paused ? paint('yellow', 'paused: nothing more is started. At work') : paint('cyan', 'running');
}

/** Its canary is over, and nobody has said whether it goes on. */
function waitsForAnswer({ canary }: Report): boolean {
  return canary?.forecast !== undefined && canary.decision === undefined;
}

function idsOf(results: readonly SubtaskReport[]): string {
  const ids = results
    .slice(0, maximumListed)
    .map(({ id, attempts }) => (attempts > 1 ? `${id} (attempt ${attempts})` : id));
  const left = results.length - ids.length;
  return `${results.length.toLocaleString('en-US')}: ${ids.join(', ')}${left > 0 ? ', …' : ''}`;
}
