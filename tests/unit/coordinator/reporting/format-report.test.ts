import { describe, expect, it } from 'vitest';
import { displayWidth } from '../../../../coordinator/reporting/display-width.ts';
import { formatReport } from '../../../../coordinator/reporting/format-report.ts';
import { failedResult, sampleCheck, sampleReport, sampleResult } from './sample-report.ts';

const usage = { inputTokens: 1_000, outputTokens: 500, cacheReadTokens: 3_000, cacheWriteTokens: 0, usd: 0.12 };

describe('formatReport', () => {
  it('says what landed and gives the commands to inspect, merge and discard it', () => {
    const report = sampleReport([sampleResult('array'), sampleResult('string-helpers', { durationMs: 900 })], {
      gates: [
        { subtasks: ['array'], check: sampleCheck() },
        { subtasks: ['string-helpers'], check: sampleCheck() },
      ],
    });
    expect(formatReport(report).split('\n')).toEqual([
      'demo succeeded after 1m 05s',
      '  Replace var by let',
      '  2 subtasks done: 2 landed',
      '',
      'Landed',
      '  array           2 files  1.2s',
      '  string-helpers  2 files  0.9s',
      '',
      'Checks on the merged tree',
      '  loads  passed 2 times  0.6s',
      '',
      'Branch fanfold/demo at bbbbbbbbbbbb, base aaaaaaaaaaaa',
      '  inspect  git log --oneline --graph aaaaaaaaaaaa..fanfold/demo',
      '           git diff aaaaaaaaaaaa...fanfold/demo',
      '  merge    git merge fanfold/demo',
      '  discard  git branch -D fanfold/demo',
      '',
      'Report   /repository/.fanfold/runs/demo-20260101-000000-abcd/report.md (also report.json, junit.xml)',
      'Logs     fanfold logs demo-20260101-000000-abcd <subtask>',
    ]);
  });

  it('says why something did not land, shows the output, and how to look at the work', () => {
    const outputTail = Array.from({ length: 40 }, (_, index) => `line ${index}`).join('\n');
    const report = sampleReport([
      sampleResult('array'),
      sampleResult('lang', { status: 'unchanged' }),
      failedResult('blocked', {
        error: { code: 'dependency-failed', message: 'It needs math.', next: 'Mend math.', failure: 'permanent' },
      }),
      failedResult('math', {
        branch: 'fanfold/demo-failed/math',
        checks: [sampleCheck({ passed: false, exitCode: 1, outputTail })],
      }),
    ]);
    const lines = formatReport({ ...report, usage, denials: 2 }).split('\n');
    expect(lines.slice(0, 3)).toEqual([
      'demo failed in part after 1m 05s',
      '  Replace var by let',
      '  2 of 4 subtasks done: 1 landed, 1 unchanged; 2 failed',
    ]);
    const start = lines.indexOf('Did not land');
    expect(lines.slice(start, start + 13)).toEqual([
      'Did not land',
      '  FAILED math  check-failed',
      '    The check loads failed in the workspace: exit code 1.',
      ...Array.from({ length: 8 }, (_, index) => `    | line ${index + 32}`),
      '    next: Look at its output.',
      '    look: git diff aaaaaaaaaaaa...fanfold/demo-failed/math',
    ]);
    expect(lines[start + 13]).toBe('  1 subtask not started, because what it needs did not land: blocked');
    expect(lines).toContain(
      '2 permission requests were denied because nobody was there to answer: allow them with a rule in permissions.allow, for instance Bash(npm test *).',
    );
    expect(lines).toContain('Model    4,000 tokens in (75% from cache), 500 out, $0.12');
    expect(lines).toContain('  1 subtask had nothing to change');
  });

  it('says in which subtasks something was denied', () => {
    const denied = (...counts: number[]) => {
      const results = counts.map((denials, index) => sampleResult(`part-${index}`, { denials }));
      const lines = formatReport(
        sampleReport(results, { denials: counts.reduce((sum, count) => sum + count, 0) }),
      ).split('\n');
      return lines.find((line) => line.includes('denied'))?.replace(/^.*\(npm test \*\)\./, '');
    };
    expect(denied(0, 1)).toBe(' It was in part-1: `fanfold logs` shows what was asked.');
    expect(denied(2)).toBe(' They were in part-0: `fanfold logs` shows what was asked.');
    expect(denied(2, 0, 1, 1, 1, 1)).toBe(
      ' They were in part-0 (2 of them), part-2, part-3 and 2 other subtasks: `fanfold logs` shows what was asked.',
    );
    expect(denied(0)).toBeUndefined();
  });

  it('stays short for ten thousand subtasks', () => {
    const results = Array.from({ length: 10_000 }, (_, index) =>
      index % 2 === 0 ? sampleResult(`part-${index}`) : failedResult(`part-${index}`),
    );
    const lines = formatReport(sampleReport(results)).split('\n');
    expect(lines.length).toBeLessThan(70);
    expect(lines.filter((line) => line.startsWith('  FAILED'))).toHaveLength(25);
    expect(lines).toContain('  … and 4,975 more: 4,975 check-failed');
    expect(lines).toContain('  … and 4,985 more');
    expect(lines).toContain('  5,000 of 10,000 subtasks done: 5,000 landed; 5,000 failed');
  });

  it('names what an interruption left unfinished', () => {
    const report = sampleReport([sampleResult('a'), failedResult('b', { status: 'unfinished' })], {
      status: 'interrupted',
      exitCode: 130,
    });
    const text = formatReport(report);
    expect(text).toContain('demo interrupted; what was finished is kept after 1m 05s');
    expect(text).toContain('  1 subtask not finished: b');
  });

  it('shows the error that ended a run before anything landed', () => {
    const error = {
      code: 'git-failed' as const,
      message: 'git ended with 128.',
      next: 'Run fanfold doctor.',
      failure: 'permanent' as const,
    };
    const { commit: _commit, ...report } = sampleReport([failedResult('a')], { error });
    const lines = formatReport(report).split('\n');
    expect(lines).toContain('  git-failed: git ended with 128.');
    expect(lines).toContain('  next: Run fanfold doctor.');
    expect(lines).toContain('Nothing was written to branch fanfold/demo.');
  });

  it('quotes branches that a shell would act on', () => {
    const report = sampleReport([sampleResult('a')], { branch: "it's$(reboot)" });
    expect(formatReport(report)).toContain(`  merge    git merge 'it'\\''s$(reboot)'`);
  });

  it('cuts long text, never commands, and lets no control sequence through', () => {
    const long = `${'漢字 '.repeat(200)}\u001b[2J`;
    const report = sampleReport(
      [
        sampleResult('a'),
        failedResult('b', {
          error: { code: 'internal', message: 'no', next: 'ok', failure: 'permanent', data: { outputTail: long } },
        }),
      ],
      { goal: long, branch: `fanfold/${'x'.repeat(100)}` },
    );
    const text = formatReport(report, { columns: 60 });
    expect(text).not.toContain('\u001b');
    expect(text).toContain(`git merge fanfold/${'x'.repeat(100)}`);
    const cut = text.split('\n').filter((line) => line.includes('漢字'));
    expect(cut).toHaveLength(2);
    expect(Math.max(...cut.map(displayWidth))).toBeLessThanOrEqual(60);
  });

  it('colours words when told so', () => {
    const text = formatReport(sampleReport([failedResult('a')]), { color: true });
    expect(text).toContain('\u001b[31mFAILED\u001b[39m');
  });
});
