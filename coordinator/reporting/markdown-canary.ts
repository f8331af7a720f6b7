import { formatAmount, formatDuration, formatUsd } from './amounts.ts';
import { formatCost, formatPart, formatPassed, formatTime, formatTokens } from './canary-lines.ts';
import type { CanaryActual, CanaryReport } from './canary-report.ts';
import { codeSpan } from './markdown.ts';
import type { Report } from './report.ts';

const maximumNamed = 100;

/** The part of report.md about the canary: what it foretold, beside what came of it. */
export function markdownCanary({ canary, run }: Report): string[] {
  if (canary === undefined) return [];
  const { subtasks, forecast, actual } = canary;
  const more = subtasks.length > maximumNamed ? ` and ${subtasks.length - maximumNamed} more` : '';
  return [
    '## Canary',
    '',
    `${subtasks.length === 1 ? 'One subtask' : `${subtasks.length} subtasks`} went first: ${subtasks.slice(0, maximumNamed).map(codeSpan).join(', ')}${more}. ${decisionText(canary, run)}`,
    '',
    ...(forecast === undefined
      ? []
      : [
          `| | forecast for the other ${forecast.rest} |${actual === undefined ? '' : ' came to |'}`,
          `|---|---|${actual === undefined ? '' : '---|'}`,
          row('passed', formatPassed(forecast), actual && passedText(actual)),
          row('cost', formatCost(forecast), actual && formatUsd(actual.usd)),
          row('tokens', formatTokens(forecast), actual && formatAmount(actual.tokens)),
          row(`time, ${forecast.concurrency} at a time`, formatTime(forecast), actual && timeText(actual)),
          '',
        ].filter((line) => line !== undefined)),
  ];
}

/** Undefined where nothing was foretold. */
function row(name: string, forecast: string | undefined, actual: string | undefined): string | undefined {
  if (forecast === undefined) return undefined;
  return `| ${name} | ${forecast} |${actual === undefined ? '' : ` ${actual} |`}`;
}

function passedText({ passed, ended }: CanaryActual): string {
  return ended === 0 ? 'none ended' : `${passed} of ${ended}: ${formatPart(passed / ended)}`;
}

function timeText({ durationMs }: CanaryActual): string {
  return durationMs === undefined ? 'not known: it was interrupted' : formatDuration(durationMs);
}

function decisionText({ decision, actual }: CanaryReport, run: string): string {
  if (decision === undefined) return 'Nothing was decided yet.';
  if (decision.goesOn) return decision.by === 'option' ? 'It went on without asking.' : 'Somebody said to go on.';
  const why = {
    person: 'Somebody said not to go on',
    option: 'It was set not to go on',
    nobody: 'Nobody was there to say whether to go on',
    minimum: 'Too few of them passed to go on',
  }[decision.by];
  return actual === undefined
    ? `${why}: ${codeSpan(`fanfold resume ${run}`)} does the others.`
    : `${why}; the run was resumed later.`;
}
