import { type CheckResult, oneLine } from '../../tasks/index.ts';
import { formatDuration, formatUsage } from './amounts.ts';
import { formatScore } from './check-texts.ts';
import { excusedOf } from './format-excused.ts';
import { scoreText } from './format-scores.ts';
import { branchCommands, keptBranchCommand, shortCommit } from './git-commands.ts';
import { cellText, codeBlock, codeSpan, markdownText } from './markdown.ts';
import { markdownCanary } from './markdown-canary.ts';
import { markdownEfforts } from './markdown-efforts.ts';
import { evidenceOf, failuresOf, type Report, type SubtaskReport, verdictOf } from './report.ts';
import { countsText, denialsText, failureWord, resumeCommand, statusText } from './report-texts.ts';
import { scoresOf } from './scores.ts';

const maximumFilesListed = 20;
const longestEvidence = 300;

/** A report as Markdown, whole: every subtask and every gate. Text of others is escaped or inside code. */
export function markdownReport(report: Report): string {
  const lines = [
    ...head(report),
    ...branch(report),
    ...markdownCanary(report),
    ...failures(report),
    ...subtaskTable(report),
    ...markdownEfforts(report),
    ...gateTable(report),
    ...excusedList(report),
    ...scoreTable(report),
    ...notices(report),
    ...messages(report),
    ...foot(report),
  ];
  return `${lines.join('\n')}\n`;
}

function head(report: Report): string[] {
  const { name, goal, error, durationMs, run } = report;
  return [
    `# ${markdownText(name)}: ${statusText(report)}`,
    '',
    ...(goal === undefined ? [] : [`> ${markdownText(goal)}`, '']),
    `${countsText(report)}, after ${formatDuration(durationMs)}. Run ${codeSpan(run)}.`,
    '',
    ...(error === undefined
      ? []
      : [`**${codeSpan(error.code)}** ${markdownText(error.message)}`, '', `Next: ${markdownText(error.next)}`, '']),
  ];
}

function branch(report: Report): string[] {
  const { commit } = report;
  const commands = branchCommands(report);
  if (commands.length === 0 || commit === undefined) return [];
  return [
    `## Branch ${codeSpan(report.branch ?? '')}`,
    '',
    `At ${codeSpan(shortCommit(commit))}${report.base === undefined ? '' : `, base ${codeSpan(shortCommit(report.base))}`}.`,
    '',
    '```sh',
    ...commands.map(({ purpose, command }) => (purpose === '' ? command : `${command}  # ${purpose}`)),
    '```',
    '',
  ];
}

function failures(report: Report): string[] {
  const failed = failuresOf(report);
  return failed.length === 0
    ? []
    : ['## Did not land', '', ...failed.flatMap((failure) => formatFailure(report, failure))];
}

function formatFailure(report: Report, failure: SubtaskReport): string[] {
  const { id, error } = failure;
  const evidence = evidenceOf(failure);
  const look = keptBranchCommand(report, failure);
  return [
    `### ${codeSpan(id)}: ${failureWord(failure).toLowerCase()}${error === undefined ? '' : ` (${codeSpan(error.code)})`}`,
    '',
    ...(error === undefined ? [] : [markdownText(error.message), '', `Next: ${markdownText(error.next)}`, '']),
    ...(evidence === undefined ? [] : [...codeBlock(evidence), '']),
    ...(look === undefined ? [] : [`Its work is kept: ${codeSpan(look)}`, '']),
  ];
}

function subtaskTable({ results }: Report): string[] {
  return [
    '## Subtasks',
    '',
    '| subtask | status | attempts | time | changed files | commit |',
    '|---|---|--:|--:|---|---|',
    ...results.map(({ id, status, attempts, durationMs, changedFiles = [], commit, reusedFrom }) => {
      const files = changedFiles.slice(0, maximumFilesListed).map(cell);
      const more = changedFiles.length - files.length;
      const list = [...files, ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
      const at = commit === undefined ? '' : cell(shortCommit(commit));
      const how = reusedFrom === undefined ? status : `${status}, from ${cell(reusedFrom)}`;
      return `| ${cell(id)} | ${how} | ${attempts} | ${formatDuration(durationMs)} | ${list} | ${at} |`;
    }),
    '',
  ];
}

function gateTable({ gates }: Report): string[] {
  if (gates.length === 0) return [];
  return [
    '## Checks on the merged tree',
    '',
    '| check | result | exit code or score | time | subtasks |',
    '|---|---|--:|--:|---|',
    ...gates.map(({ check, subtasks }) => {
      const { name, durationMs } = check;
      const tolerated =
        check.failedOnBase === true ? 'failed on the base too' : 'did not pass, not held against anyone';
      const result = { passed: 'passed', failed: '**failed**', tolerated }[verdictOf(check)];
      return `| ${cell(name)} | ${result} | ${figureOf(check)} | ${formatDuration(durationMs)} | ${subtasks.map(cell).join(', ')} |`;
    }),
    '',
  ];
}

function excusedList(report: Report): string[] {
  const excused = excusedOf(report);
  if (excused.length === 0) return [];
  const items = excused.map(({ check, subtasks }) => `- ${codeSpan(check)} of ${subtasks.map(codeSpan).join(', ')}`);
  return ['## Failed on the base too, and held against nobody', '', ...items, ''];
}

/** What each subtask's work was given, where a check gives scores. */
function scoreTable({ results, gates }: Report): string[] {
  const rows = results.flatMap(({ id, checks }) =>
    checks
      .filter(({ score }) => score !== undefined)
      .map((check) => {
        const evidence = cellText(oneLine(check.outputTail, longestEvidence));
        const result = check.passed ? 'passed' : check.failedOnBase ? 'failed on the base too' : '**did not pass**';
        return `| ${cell(check.name)} | ${cell(id)} | ${figureOf(check)} | ${result} | ${evidence} |`;
      }),
  );
  const summary = scoresOf({ results, gates }).filter(({ scored }) => scored > 0);
  if (summary.length === 0) return [];
  return [
    '## Scores',
    '',
    ...summary.map((entry) => `- ${codeSpan(entry.check)}: ${scoreText(entry)}`),
    '',
    ...(rows.length === 0
      ? []
      : ['| check | subtask | score | result | evidence |', '|---|---|--:|---|---|', ...rows, '']),
  ];
}

function figureOf({ exitCode, score }: CheckResult): string {
  return score === undefined ? String(exitCode ?? '') : formatScore(score);
}

function notices({ notices: all }: Report): string[] {
  const lines = all.map(({ time, level, message }) => `- ${markdownText(`${time} ${level}: ${message}`)}`);
  return lines.length === 0 ? [] : ['## Notices', '', ...lines, ''];
}

function messages({ messages: all }: Report): string[] {
  const lines = all.map(({ time, from, to, text }) => `- ${markdownText(`${time} ${from} to ${to}: ${text}`)}`);
  return lines.length === 0 ? [] : ['## Messages', '', ...lines, ''];
}

/** A bar ends the cell of a table even inside code. */
function cell(text: string): string {
  return codeSpan(text).replaceAll('|', '\\|');
}

function foot(report: Report): string[] {
  const usage = formatUsage(report.usage, report.budget);
  const denials = denialsText(report);
  const resume = resumeCommand(report);
  return [
    ...(denials === undefined ? [] : [`- ${markdownText(denials)}`]),
    ...(usage === undefined ? [] : [`- Model: ${markdownText(usage)}`]),
    `- Run folder: ${codeSpan(report.folder)}`,
    `- Logs of a subtask: ${codeSpan(`fanfold logs ${report.run} <subtask>`)}`,
    ...(resume === undefined ? [] : [`- Go on with it: ${codeSpan(resume)}`]),
  ];
}
