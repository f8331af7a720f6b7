import {
  type AttemptEnd,
  type CheckResult,
  type ErrorRecord,
  type FanfoldEvent,
  type MessageSent,
  oneLine,
  type PermissionEnd,
  type SubtaskEnd,
} from '../../tasks/index.ts';
import { countOf, formatDuration } from './amounts.ts';
import { canaryEndLines, canaryText, forecastLines } from './canary-lines.ts';
import { howText, scoreNote } from './check-texts.ts';
import { effortText } from './format-efforts.ts';
import { shortCommit } from './git-commands.ts';
import { verdictOf } from './report.ts';

export interface EventLines {
  /** `plain` lines are left out where there would be too many of them. */
  weight: 'plain' | 'notice' | 'failure';
  /** Without control sequences; the first says what happened. */
  lines: string[];
}

const maximumText = 1_000;
const maximumOutput = 10;
/** Whoever gives leave must see all of what it is for. */
const longestSummary = 4_000;

/** What a log says about an event, or undefined where it says nothing. */
export function eventLines(event: FanfoldEvent): EventLines | undefined {
  switch (event.type) {
    case 'run-start':
      return {
        weight: 'notice',
        lines: [
          `run ${event.run} ${(event.session ?? 1) > 1 ? 'goes on' : 'started'}: ${countOf(event.subtasks, 'subtask')}, ${event.concurrency} at a time` +
            (event.base === undefined ? '' : `, base ${shortCommit(event.base)}`) +
            (event.branch === undefined ? '' : `, into ${event.branch}`),
          ...(event.canary === undefined ? [] : [`  ${canaryText(event.canary)}`]),
        ],
      };
    case 'subtask-start':
      return { weight: 'plain', lines: [`${event.subtask} started on ${event.worker}${attempt(event.attempt)}`] };
    case 'attempt-end':
      return attemptLines(event);
    case 'check-end':
      return checkLines(event.check, `check ${event.check.name} of ${event.subtask}`);
    case 'gate-end':
      return gateLines(event.check, event.subtasks);
    case 'merge-end':
      return event.landed.length === 0
        ? undefined
        : { weight: 'plain', lines: [`merged ${listOf(event.landed)}${at(event.commit)}`] };
    case 'subtask-end':
      return endLines(event);
    case 'message-send':
      return { weight: 'notice', lines: [messageLine(event)] };
    case 'permission-request':
      return {
        weight: 'notice',
        lines: [
          `${event.subtask} asks for leave to use ${event.tool}: ${oneLine(event.summary, longestSummary)}`,
          `  ${oneLine(event.reason, maximumText)} Answer: fanfold permissions allow ${event.request}, or deny`,
        ],
      };
    case 'permission-end':
      return { weight: 'notice', lines: [`${event.subtask} ${answerText(event)}`] };
    case 'notice':
      return {
        weight: 'notice',
        lines: [(event.level === 'warning' ? 'warning: ' : '') + oneLine(event.message, maximumText)],
      };
    case 'forecast-end':
      return { weight: 'notice', lines: forecastLines(event.forecast) };
    case 'canary-end':
      return { weight: 'notice', lines: canaryEndLines(event) };
    case 'run-end':
      return {
        weight: event.status === 'succeeded' ? 'notice' : 'failure',
        lines: [
          `run ${event.run} ${event.status} after ${formatDuration(event.durationMs)}, exit code ${event.exitCode}`,
          ...(event.error === undefined ? [] : errorLines(event.error)),
        ],
      };
  }
  return undefined;
}

function attemptLines(event: AttemptEnd): EventLines | undefined {
  const effort = effortText(event);
  const lines = [
    ...(event.retry ? [`${event.subtask} is tried again: ${reason(event.error)}`] : []),
    ...(effort === undefined ? [] : [`${event.subtask}: ${effort}`]),
  ];
  return lines.length === 0 ? undefined : { weight: 'plain', lines };
}

/** `14 files in 1.6s`, or why it did not land. */
export function endText({ status, error, changedFiles, reusedFrom, durationMs }: SubtaskEnd): string {
  if (error !== undefined) return reason(error);
  if (status === 'cached') return `from the run ${reusedFrom}`;
  const files =
    changedFiles === undefined || changedFiles.length === 0 ? '' : `${countOf(changedFiles.length, 'file')} in `;
  return files + formatDuration(durationMs);
}

function endLines(event: SubtaskEnd): EventLines {
  const { subtask, status, error, branch } = event;
  if (status === 'landed') return { weight: 'plain', lines: [`${subtask} landed: ${endText(event)}`] };
  if (status === 'cached') return { weight: 'plain', lines: [`${subtask} cached: ${endText(event)}`] };
  if (status === 'unchanged') return { weight: 'plain', lines: [`${subtask} had nothing to change`] };
  // The failure that they follow from has its own lines.
  const follows = status === 'cancelled' || error?.code === 'dependency-failed';
  const word = { failed: 'FAILED', cancelled: 'CANCELLED', conflicted: 'CONFLICT' }[status];
  return {
    weight: follows ? 'plain' : 'failure',
    lines: [
      `${word} ${subtask}${error === undefined ? '' : ` (${error.code}): ${oneLine(error.message, maximumText)}`}`,
      ...(error === undefined ? [] : [`  next: ${oneLine(error.next, maximumText)}`]),
      ...(branch === undefined ? [] : [`  its work is kept on branch ${branch}`]),
    ],
  };
}

function gateLines(check: CheckResult, subtasks: readonly string[]): EventLines {
  return (
    checkLines(check, `gate ${check.name} on ${listOf(subtasks)}`) ?? {
      weight: 'plain',
      lines: [
        `gate ${oneLine(check.name, 64)} passed${scoreNote(check)} on ${listOf(subtasks)} in ${formatDuration(check.durationMs)}`,
      ],
    }
  );
}

function checkLines(check: CheckResult, subject: string): EventLines | undefined {
  if (check.passed && check.score !== undefined && subject.startsWith('check ')) {
    return { weight: 'plain', lines: [`${oneLine(subject, 300)} passed${scoreNote(check)}`] };
  }
  if (check.passed) return undefined;
  const exit = howText(check);
  if (verdictOf(check) === 'tolerated') {
    const why = check.failedOnBase === true ? 'it failed on the base too' : 'it only reports';
    return { weight: 'plain', lines: [`${oneLine(subject, 300)} did not pass (${exit}), but ${why}`] };
  }
  const output = check.outputTail.split('\n').filter((line) => line.trim() !== '');
  // A command says last what went wrong, a judge first.
  const shown = check.exitCode === null ? output.slice(0, maximumOutput) : output.slice(-maximumOutput);
  return {
    weight: 'failure',
    lines: [`${oneLine(subject, 300)} failed: ${exit}`, ...shown.map((line) => `  | ${oneLine(line, 300)}`)],
  };
}

function errorLines({ code, message, next }: ErrorRecord): string[] {
  return [`  ${code}: ${oneLine(message, maximumText)}`, `  next: ${oneLine(next, maximumText)}`];
}

function reason(error: ErrorRecord | undefined): string {
  return error === undefined ? 'no reason was given' : `${error.code}: ${oneLine(error.message, maximumText)}`;
}

/** `a -> coordinator: text`, on one line. */
function messageLine({ from, to, text }: MessageSent): string {
  return `${from} -> ${to}: ${oneLine(text, maximumText)}`;
}

function answerText({ request, allowed, by }: PermissionEnd): string {
  if (allowed) return `may: ${request} was allowed`;
  const why = {
    person: 'was denied',
    nobody: 'was denied: nobody is there to be asked',
    timeout: 'was denied: nobody answered in time',
  };
  return `may not: ${request} ${why[by]}`;
}

function attempt(number: number): string {
  return number > 1 ? `, attempt ${number}` : '';
}

function at(commit: string | undefined): string {
  return commit === undefined ? '' : `, now at ${shortCommit(commit)}`;
}

function listOf(ids: readonly string[]): string {
  if (ids.length === 0) return 'the base';
  const shown = ids.slice(0, 5).join(', ');
  return ids.length > 5 ? `${shown} and ${ids.length - 5} more` : shown;
}
