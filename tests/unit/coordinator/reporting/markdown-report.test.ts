import { describe, expect, it } from 'vitest';
import { codeBlock, codeSpan, markdownText } from '../../../../coordinator/reporting/markdown.ts';
import { markdownReport } from '../../../../coordinator/reporting/markdown-report.ts';
import { checkFailure, failedResult, sampleCheck, sampleReport, sampleResult } from './sample-report.ts';

describe('markdown', () => {
  it.each([
    ['<img src=x onerror=alert(1)>', '&lt;img src=x onerror=alert(1)>'],
    ['# head\n- [a](javascript:x)', '\\# head - \\[a\\](javascript:x)'],
    ['a | `b` & *c*', 'a \\| `b` & \\*c\\*'],
    ['plain words, 漢字', 'plain words, 漢字'],
    ['17.6k tokens in (96% from the cache), $0.05 of $1.00!', '17.6k tokens in (96% from the cache), $0.05 of $1.00!'],
    ['Add `--trust`; see `a``b', 'Add `--trust`; see \\`a\\`\\`b'],
    ['``a <b>`` <b>', '`a <b>` &lt;b>'],
    ['a_b and _c_', 'a_b and \\_c\\_'],
    ['&amp; & &#60;', '&amp;amp; & &amp;\\#60;'],
    ['http://a.example www.b.example c@d.example #12', 'http\\://a.example www\\.b.example c\\@d.example \\#12'],
    ['![a][b] [c]: d', '!\\[a\\]\\[b] \\[c\\]: d'],
    ['- a', '\\- a'],
    ['12. a', '12\\. a'],
    ['-3 is less', '-3 is less'],
    ['=====', '\\====='],
  ])('escapes %j', (text, expected) => {
    expect(markdownText(text)).toBe(expected);
  });

  it.each([
    ['a', '`a`'],
    ['a`b', '``a`b``'],
    ['`a', '`` `a ``'],
    ['``` x ```', '```` ``` x ``` ````'],
    ['a\nb', '`a b`'],
    ['', ''],
  ])('writes %j as code', (text, expected) => {
    expect(codeSpan(text)).toBe(expected);
  });

  it('closes a block only at its own fence', () => {
    expect(codeBlock('a\n```\n<b>\n````\n')).toEqual(['`````text', 'a', '```', '<b>', '````', '`````']);
  });
});

describe('markdownReport', () => {
  it('holds everything', () => {
    const results = [
      sampleResult('array', { changedFiles: Array.from({ length: 25 }, (_, index) => `f${index}.js`) }),
      failedResult('math', {
        branch: 'fanfold/demo-failed/math',
        checks: [sampleCheck({ passed: false, exitCode: 1, outputTail: 'boom\n' })],
      }),
    ];
    const gates = [{ subtasks: ['array'], check: sampleCheck() }];
    const text = markdownReport(sampleReport(results, { gates, denials: 1 }));
    const part = (start: string) => text.slice(text.indexOf(start));
    expect(text).toMatch(
      /^# demo: failed in part\n\n> Replace var by let\n\n1 of 2 subtasks done: 1 landed; 1 failed, after/,
    );
    expect(part('## Branch')).toMatch(
      /^## Branch `fanfold\/demo`\n\nAt `bbbbbbbbbbbb`, base `aaaaaaaaaaaa`\.\n\n```sh\ngit log/,
    );
    expect(part('### ')).toMatch(
      /^### `math`: failed \(`check-failed`\)\n\nThe check loads failed.*\n\nNext: Look at its output\.\n\n```text\nboom\n```\n\nIts work is kept: `git diff aaaaaaaaaaaa\.\.\.fanfold\/demo-failed\/math`\n/,
    );
    expect(text).toContain('| `array` | landed | 1 | 1.2s | `f0.js`, ');
    expect(text).toContain('`f19.js`, and 5 more | `cccccccccccc` |');
    expect(text).toContain('| `loads` | passed | 0 | 0.3s | `array` |');
    expect(text).toContain('- 1 permission request was denied because nobody was there to answer:');
  });

  it('lists every failure of a large run', () => {
    const text = markdownReport(sampleReport(Array.from({ length: 500 }, (_, index) => failedResult(`p-${index}`))));
    expect(text.match(/^### /gm)).toHaveLength(500);
  });

  it('lets no markup of others through', () => {
    const evil = '</details><script>alert(1)</script> | x | `` ![a](http://evil.example/b.png) @everyone';
    const error = { ...checkFailure, message: evil, next: evil };
    const results = [
      failedResult('a', { error, checks: [sampleCheck({ passed: false, outputTail: `${evil}\n\`\`\`\n# x` })] }),
    ];
    const text = markdownReport(sampleReport(results, { goal: evil, name: evil, branch: evil }));
    const prose = text
      .replaceAll(/^(`{3,})(?:text|sh)\n[\s\S]*?\n\1$/gm, '')
      .replaceAll(/(?<!\\)(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, '');
    expect(prose).not.toMatch(/<\/?[a-z]/);
    expect(prose).not.toMatch(/(?<!\\)!\[|(?<!\\)\]\(/);
  });
});
