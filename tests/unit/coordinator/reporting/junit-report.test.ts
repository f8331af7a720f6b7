import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { junitReport } from '../../../../coordinator/reporting/junit-report.ts';
import { checkFailure, failedResult, sampleCheck, sampleReport, sampleResult } from './sample-report.ts';

/** A real parser's view of a document: [tag, attributes, text, children]. */
type Element = [string, Record<string, string>, string, Element[]];

function parse(xml: string): Element {
  const script = [
    'import json, sys, xml.etree.ElementTree as tree',
    'walk = lambda e: [e.tag, e.attrib, e.text or "", [walk(child) for child in e]]',
    'print(json.dumps(walk(tree.fromstring(sys.stdin.buffer.read()))))',
  ].join('\n');
  return JSON.parse(execFileSync('python3', ['-c', script], { input: xml, encoding: 'utf8' })) as Element;
}

describe('junitReport', () => {
  it('maps subtasks, gates and the run', () => {
    const report = sampleReport(
      [
        sampleResult('array'),
        sampleResult('lang', { status: 'unchanged' }),
        failedResult('math', { checks: [sampleCheck({ passed: false, exitCode: 1, outputTail: 'boom' })] }),
        failedResult('seq', { status: 'conflicted', error: { ...checkFailure, code: 'merge-conflict' } }),
        failedResult('util', { status: 'cancelled' }),
        failedResult('date', { status: 'unfinished' }),
      ],
      {
        gates: [
          { subtasks: ['array', 'math'], check: sampleCheck({ passed: false, exitCode: 2, outputTail: 'broken' }) },
          { subtasks: ['array'], check: sampleCheck() },
          { subtasks: ['array', 'lang'], check: sampleCheck({ passed: false, exitCode: 2 }) },
          { subtasks: ['math'], check: sampleCheck({ passed: false, exitCode: null, failedOnBase: true }) },
        ],
        error: { code: 'git-failed', message: 'git ended.', next: 'Try again.', failure: 'permanent' },
      },
    );
    const [tag, attributes, , suites] = parse(junitReport(report));
    expect([tag, attributes]).toEqual([
      'testsuites',
      { name: 'demo', tests: '11', failures: '3', errors: '1', skipped: '4', time: '65.000' },
    ]);
    expect(suites.map(([name, suite]) => [name, suite])).toEqual([
      [
        'testsuite',
        {
          name: 'demo.subtasks',
          tests: '6',
          failures: '2',
          errors: '0',
          skipped: '2',
          time: '7.200',
          timestamp: '2026-01-01T00:00:00',
        },
      ],
      [
        'testsuite',
        {
          name: 'demo.gates',
          tests: '4',
          failures: '1',
          errors: '0',
          skipped: '2',
          time: '1.200',
          timestamp: '2026-01-01T00:00:00',
        },
      ],
      [
        'testsuite',
        {
          name: 'demo.run',
          tests: '1',
          failures: '0',
          errors: '1',
          skipped: '0',
          time: '65.000',
          timestamp: '2026-01-01T00:00:00',
        },
      ],
    ]);
    const cases = suites.flatMap(([, , , children]) => children);
    expect(cases.map(([name, { name: id }, , children]) => [name, id, children[0]?.[0], children[0]?.[1]])).toEqual([
      ['testcase', 'array', undefined, undefined],
      ['testcase', 'lang', undefined, undefined],
      ['testcase', 'math', 'failure', { message: checkFailure.message, type: 'check-failed' }],
      ['testcase', 'seq', 'failure', { message: checkFailure.message, type: 'merge-conflict' }],
      ['testcase', 'util', 'skipped', { message: checkFailure.message }],
      ['testcase', 'date', 'skipped', { message: checkFailure.message }],
      [
        'testcase',
        'loads (array, math)',
        'failure',
        { message: 'The check loads did not pass: exit code 2.', type: 'gate-failed' },
      ],
      ['testcase', 'loads (array)', undefined, undefined],
      [
        'testcase',
        'loads (array, lang)',
        'skipped',
        { message: 'The check loads did not pass: exit code 2. All of these subtasks landed later.' },
      ],
      [
        'testcase',
        'loads (math)',
        'skipped',
        { message: 'The check loads did not pass: ended before it exited. It failed on the base too.' },
      ],
      ['testcase', 'run', 'error', { message: 'git ended.', type: 'git-failed' }],
    ]);
    expect(cases[0]?.[1]).toEqual({ name: 'array', classname: 'demo.subtasks', time: '1.200' });
    expect(cases[2]?.[3][0]?.[2]).toBe(`${checkFailure.message}\nnext: Look at its output.\nboom`);
  });

  it('is valid whatever the texts hold', () => {
    let hostile = ']]>&<x a="b">\'\u2028\ud800\u{1f600}\ufffe';
    for (let code = 0; code < 256; code += 1) hostile += String.fromCharCode(code);
    const error = { ...checkFailure, message: hostile, next: hostile };
    const report = sampleReport(
      [failedResult('a', { error, checks: [sampleCheck({ passed: false, outputTail: hostile })] })],
      {
        name: hostile,
        gates: [{ subtasks: ['a'], check: sampleCheck({ name: hostile, passed: false, outputTail: hostile }) }],
      },
    );
    const xml = junitReport(report);
    expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
    const [, , , suites] = parse(xml);
    expect(suites[0]?.[3][0]?.[3][0]?.[2]).toContain(']]>&<x a="b">\'');
  });

  it('stays valid without subtasks', () => {
    const [, attributes, , suites] = parse(junitReport(sampleReport([])));
    expect(attributes['tests']).toBe('0');
    expect(suites).toHaveLength(1);
  });
});
