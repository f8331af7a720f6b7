import { oneLine } from '../../tasks/index.ts';
import { alignColumns } from './align-columns.ts';
import { countOf, formatDuration, formatUsage } from './amounts.ts';
import { cutToWidth } from './display-width.ts';
import { formatEfforts } from './format-efforts.ts';
import { formatExcused, isExcused } from './format-excused.ts';
import { formatFailures } from './format-failures.ts';
import { formatScores } from './format-scores.ts';
import { branchCommands, shortCommit } from './git-commands.ts';
import { createPaint, type Paint } from './paint.ts';
import { type GateReport, isAccepted, type Report, type SubtaskReport, verdictOf } from './report.ts';
import { countsText, denialsText, resumeCommand, statusText } from './report-texts.ts';
import { scoresOf } from './scores.ts';

export interface FormatReportOptions {
  color?: boolean;
  /** Columns of the terminal; 100 by default. Commands and next steps are never cut. */
  columns?: number;
}

const maximumLanded = 15;
const maximumGates = 10;

/**
 * A report for the screen: what landed, what did not and why, the branch, what to do next. It stays readable for ten
 * thousand subtasks: the files in the run's folder hold all. No newline at the end.
 */
export function formatReport(report: Report, { color = false, columns = 100 }: FormatReportOptions = {}): string {
  const paint = createPaint(color);
  const sections = [
    formatHead(report, columns, paint),
    formatLanded(report.results.filter(isAccepted), columns, paint),
    formatFailures(report, columns, paint),
    formatGates(report.gates, columns, paint),
    formatExcused(report, columns, paint),
    formatEfforts(report, columns, paint),
    formatScores(scoresOf(report), columns, paint),
    formatBranch(report, paint),
    formatFoot(report, paint),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function formatHead(report: Report, columns: number, paint: Paint): string[] {
  const { name, goal, status, durationMs, error } = report;
  const style = status === 'succeeded' ? 'green' : status === 'failed' ? 'red' : 'yellow';
  return [
    `${paint('bold', name)} ${paint(style, statusText(report))} after ${formatDuration(durationMs)}`,
    ...(goal === undefined ? [] : [cutToWidth(`  ${oneLine(goal, 10 * columns)}`, columns)]),
    `  ${countsText(report)}`,
    ...(error === undefined
      ? []
      : [
          `  ${paint('red', `${error.code}:`)} ${oneLine(error.message, 2_000)}`,
          `  next: ${oneLine(error.next, 2_000)}`,
        ]),
  ];
}

function formatLanded(accepted: readonly SubtaskReport[], columns: number, paint: Paint): string[] {
  const landed = accepted.filter(({ status }) => status !== 'unchanged');
  const unchanged = accepted.length - landed.length;
  if (accepted.length === 0) return [];
  const width = Math.min(40, Math.max(0, ...landed.slice(0, maximumLanded).map(({ id }) => id.length)));
  const filesOf = ({ changedFiles }: SubtaskReport) =>
    changedFiles === undefined || changedFiles.length === 0 ? '' : countOf(changedFiles.length, 'file');
  const filesWidth = Math.max(0, ...landed.slice(0, maximumLanded).map((result) => filesOf(result).length));
  const left = landed.length - maximumLanded;
  return [
    paint('bold', landed.length === 0 ? 'Unchanged' : landed.some(hasChanged) ? 'Landed' : 'Done'),
    ...landed.slice(0, maximumLanded).map((result) => {
      const how = result.status === 'cached' ? `cached, from ${result.reusedFrom}` : formatDuration(result.durationMs);
      const files = filesWidth === 0 ? '' : `  ${filesOf(result).padEnd(filesWidth)}`;
      return cutToWidth(`  ${result.id.padEnd(width)}${files}  ${how}`, columns);
    }),
    ...(left > 0 ? [`  … and ${left.toLocaleString('en-US')} more`] : []),
    ...(unchanged > 0 ? [`  ${countOf(unchanged, 'subtask')} had nothing to change`] : []),
  ];
}

/** What is taken from an earlier run may be an output alone. */
function hasChanged({ status, changedFiles = [] }: SubtaskReport): boolean {
  return status === 'landed' || changedFiles.length > 0;
}

function formatGates(gates: readonly GateReport[], columns: number, paint: Paint): string[] {
  const checks = new Map<string, Record<'passed' | 'failed' | 'tolerated' | 'excused' | 'durationMs', number>>();
  for (const { check } of gates) {
    const sums = checks.get(check.name) ?? { passed: 0, failed: 0, tolerated: 0, excused: 0, durationMs: 0 };
    sums[isExcused(check) ? 'excused' : verdictOf(check)] += 1;
    sums.durationMs += check.durationMs;
    checks.set(check.name, sums);
  }
  if (checks.size === 0) return [];
  return [
    paint('bold', 'Checks on the merged tree'),
    ...alignColumns(
      [...checks].slice(0, maximumGates).map(([name, sums]) => {
        const { passed, failed, tolerated, excused, durationMs } = sums;
        const parts = [
          ...(passed > 0 ? [`passed${times(passed)}`] : []),
          ...(failed > 0 ? [`failed${times(failed)}`] : []),
          ...(excused > 0 ? [`failed on the base too${times(excused)}`] : []),
          ...(tolerated > 0 ? [`did not pass${times(tolerated)}, not held against anyone`] : []),
        ];
        return [`  ${oneLine(name, 64)}`, parts.join(', '), formatDuration(durationMs)];
      }),
    ).map((line) => cutToWidth(line, columns)),
    ...(checks.size > maximumGates ? [`  … and ${checks.size - maximumGates} more`] : []),
  ];
}

function times(count: number): string {
  return count === 1 ? '' : ` ${count.toLocaleString('en-US')} times`;
}

function formatBranch(report: Report, paint: Paint): string[] {
  const { base, branch, commit } = report;
  const commands = branchCommands(report);
  if (branch === undefined) return [];
  if (commands.length === 0 || commit === undefined) return [`Nothing was written to branch ${oneLine(branch, 300)}.`];
  const from = base === undefined ? '' : `, base ${shortCommit(base)}`;
  return [
    `${paint('bold', 'Branch')} ${paint('cyan', oneLine(branch, 300))} at ${shortCommit(commit)}${from}`,
    ...commands.map(({ purpose, command }) => `  ${purpose.padEnd(7)}  ${command}`),
  ];
}

function formatFoot(report: Report, paint: Paint): string[] {
  const usage = formatUsage(report.usage, report.budget);
  const denials = denialsText(report);
  const resume = resumeCommand(report);
  return [
    ...(denials === undefined ? [] : [paint('yellow', denials)]),
    ...(usage === undefined ? [] : [`Model    ${usage}`]),
    `Report   ${report.folder}/report.md (also report.json, junit.xml)`,
    `Logs     fanfold logs ${report.run} <subtask>`,
    ...(resume === undefined ? [] : [`Resume   ${resume}`]),
  ];
}
