import { type CheckResult, stripControl } from '../../tasks/index.ts';
import { howText } from './check-texts.ts';
import { evidenceOf, type GateReport, isAccepted, type Report, type SubtaskReport, verdictOf } from './report.ts';
import { xmlAttributes, xmlText } from './xml.ts';

interface TestCase {
  name: string;
  /** By the names of checks. */
  scores: readonly CheckResult[];
  durationMs: number;
  result?: { element: 'failure' | 'error' | 'skipped'; message: string; type?: string; body?: string };
}

/**
 * A report as JUnit XML, the dialect that CI systems read: a test case for each subtask and for each gate. Failed and
 * conflicted subtasks are failures, cancelled and unfinished ones skipped, an error of the run itself an error.
 */
export function junitReport(report: Report): string {
  const accepted = new Set(report.results.filter(isAccepted).map(({ id }) => id));
  const suites = [
    { name: 'subtasks', cases: report.results.map(subtaskCase) },
    { name: 'gates', cases: report.gates.map((gate) => gateCase(gate, accepted)) },
    { name: 'run', cases: runCases(report) },
  ].filter(({ name, cases }) => name === 'subtasks' || cases.length > 0);
  const all = suites.flatMap(({ cases }) => cases);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${xmlAttributes({ name: report.name, ...figures(all), time: seconds(report.durationMs) })}>`,
    ...suites.flatMap(({ name, cases }) => {
      const time = seconds(cases.reduce((sum, { durationMs }) => sum + durationMs, 0));
      const timestamp = report.startTime?.replace(/(\.\d+)?Z$/, '');
      return [
        `  <testsuite${xmlAttributes({ name: `${report.name}.${name}`, ...figures(cases), time, timestamp })}>`,
        ...cases.map((testCase) => formatCase(`${report.name}.${name}`, testCase)),
        '  </testsuite>',
      ];
    }),
    '</testsuites>',
    '',
  ].join('\n');
}

function subtaskCase(result: SubtaskReport): TestCase {
  const { id, status, error, durationMs } = result;
  const scores = result.checks;
  if (isAccepted(result)) return { name: id, durationMs, scores };
  const skipped = status === 'cancelled' || status === 'unfinished';
  const lines = [error?.message, error === undefined ? undefined : `next: ${error.next}`, evidenceOf(result)];
  return {
    name: id,
    durationMs,
    scores,
    result: {
      element: skipped ? 'skipped' : 'failure',
      message: error?.message ?? `The subtask is ${status}.`,
      ...(skipped ? {} : { type: error?.code ?? status }),
      body: lines.filter((line) => line !== undefined).join('\n'),
    },
  };
}

function gateCase({ subtasks, check }: GateReport, accepted: ReadonlySet<string>): TestCase {
  const name = subtasks.length === 0 ? check.name : `${check.name} (${subtasks.join(', ')})`;
  const { durationMs } = check;
  const scores = [check];
  const message = `The check ${check.name} did not pass: ${howText(check)}.`;
  const verdict = verdictOf(check);
  if (verdict === 'passed') return { name, durationMs, scores };
  if (verdict === 'tolerated') {
    const why = check.failedOnBase ? 'It failed on the base too.' : 'It only reports.';
    return { name, durationMs, scores, result: { element: 'skipped', message: `${message} ${why}` } };
  }
  if (subtasks.length > 0 && subtasks.every((id) => accepted.has(id))) {
    const why = 'All of these subtasks landed later.';
    return { name, durationMs, scores, result: { element: 'skipped', message: `${message} ${why}` } };
  }
  return {
    name,
    durationMs,
    scores,
    result: { element: 'failure', message, type: 'gate-failed', body: check.outputTail },
  };
}

function runCases({ error, durationMs }: Report): TestCase[] {
  if (error === undefined) return [];
  const body = `${error.message}\nnext: ${error.next}`;
  return [
    {
      name: 'run',
      durationMs,
      scores: [],
      result: { element: 'error', message: error.message, type: error.code, body },
    },
  ];
}

function formatCase(classname: string, { name, durationMs, result, scores }: TestCase): string {
  const start = `    <testcase${xmlAttributes({ name, classname, time: seconds(durationMs) })}`;
  const properties = formatProperties(scores);
  if (result === undefined) return properties === '' ? `${start}/>` : `${start}>${properties}</testcase>`;
  const { element, message, type, body = '' } = result;
  const attributes = xmlAttributes({ message: stripControl(message), type });
  return `${start}>${properties}<${element}${attributes}>${xmlText(stripControl(body))}</${element}></testcase>`;
}

function formatProperties(checks: readonly CheckResult[]): string {
  const scored = checks.flatMap(({ name, score: value }) => (value === undefined ? [] : [{ name, value }]));
  if (scored.length === 0) return '';
  const properties = scored.map(
    ({ name, value }) => `<property${xmlAttributes({ name: `score of ${stripControl(name)}`, value })}/>`,
  );
  return `<properties>${properties.join('')}</properties>`;
}

function figures(cases: readonly TestCase[]): Record<string, number> {
  const count = (element: string) => cases.filter(({ result }) => result?.element === element).length;
  return { tests: cases.length, failures: count('failure'), errors: count('error'), skipped: count('skipped') };
}

function seconds(milliseconds: number): string {
  return (Math.max(0, milliseconds) / 1_000).toFixed(3);
}
