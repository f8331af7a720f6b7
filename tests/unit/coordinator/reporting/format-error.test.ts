import { describe, expect, it } from 'vitest';
import { formatError } from '../../../../coordinator/reporting/format-error.ts';
import { FanfoldError, toErrorRecord } from '../../../../tasks/index.ts';

const error = new FanfoldError({
  code: 'into-conflict',
  message: 'The branch fanfold/x exists already.',
  next: 'Choose another one with --into.',
});

describe('formatError', () => {
  it('prints what happened and what to do next', () => {
    const expected = 'fanfold: The branch fanfold/x exists already.\nnext: Choose another one with --into.';
    expect(formatError(error)).toBe(expected);
    expect(formatError(toErrorRecord(error))).toBe(expected);
  });

  it('adds the details that the message does not name', () => {
    const record = toErrorRecord(error);
    record.data = {
      branch: 'fanfold/x',
      line: 3,
      allowed: ['a', 'b'],
      missing: undefined,
      position: { line: 1 },
      outputTail: 'one\n\u001b[31mtwo\u001b[0m\n',
    };
    expect(formatError(record).split('\n')).toEqual([
      'fanfold: The branch fanfold/x exists already.',
      '  line: 3',
      '  allowed: a, b',
      '  position: {"line":1}',
      '  outputTail:',
      '    one',
      '    two',
      'next: Choose another one with --into.',
    ]);
  });

  it('bounds lists and outputs', () => {
    const record = toErrorRecord(error);
    const lines = Array.from({ length: 50 }, (_, index) => `line ${index}`);
    record.data = { ids: lines, output: lines.join('\n') };
    const printed = formatError(record);
    expect(printed).toContain('    line 11\n    … and 38 more\n');
    expect(printed).toContain('    … 30 lines before\n    line 30\n');
  });

  it('does not repeat problems that the message lists', () => {
    const record = { ...toErrorRecord(error), message: 'Two problems:\n  a.yaml:3:1: found x' };
    record.data = { file: 'a.yaml', problems: [{ line: 3, message: 'found x' }, { message: 'found y' }] };
    expect(formatError(record)).toBe(
      'fanfold: Two problems:\n    a.yaml:3:1: found x\nnext: Choose another one with --into.',
    );
  });

  it('names causes once', () => {
    const cause = new FanfoldError({
      code: 'git-failed',
      message: 'git ended with 128.',
      next: '',
      cause: new Error('ENOSPC'),
    });
    const outer = new FanfoldError({ code: 'workspace-failed', message: 'No worktree.', next: 'Free space.', cause });
    expect(formatError(outer)).toBe(
      'fanfold: No worktree.\n  because: git ended with 128.\n  because: ENOSPC\nnext: Free space.',
    );
  });

  it('shows a stack for defects only', () => {
    const defect = new TypeError('x is not a function');
    expect(formatError(defect)).toMatch(
      /^fanfold: x is not a function\nnext: .*\n\nTypeError: x is not a function\n {4}at /,
    );
    const withStack = toErrorRecord(error);
    withStack.data = { stack: 'Error: secret stack' };
    expect(formatError({ ...withStack, data: {} })).not.toContain('stack');
  });

  it('removes control sequences and colours when asked', () => {
    const record = { ...toErrorRecord(error), message: 'bad \u001b]0;title\u0007\u001b[2Jtext' };
    expect(formatError(record)).toMatch(/^fanfold: bad text\n/);
    expect(formatError(record, { color: true })).toBe(
      '\u001b[31mfanfold:\u001b[39m bad text\n\u001b[1mnext:\u001b[22m Choose another one with --into.',
    );
  });
});
