import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FanfoldError } from '../../../tasks/index.ts';
import { applyRules } from '../../../worker/executors/codemod/apply-rules.ts';
import { loadRules } from '../../../worker/executors/codemod/load-rules.ts';
import { rulesForPath } from '../../../worker/executors/codemod/rules-for-path.ts';

const load = (text: string, resolveFrom: string[] = []) => loadRules([{ path: 'rules/a.yml', text }], { resolveFrom });

function failure(text: string, resolveFrom: string[] = []): FanfoldError {
  try {
    load(text, resolveFrom);
  } catch (error) {
    if (error instanceof FanfoldError) {
      return error;
    }
    throw error;
  }
  throw new Error('The rules were accepted.');
}

describe('loadRules refuses, and says where and what is allowed', () => {
  const rest = 'language: js\nrule: { pattern: f($A) }\nfix: g($A)\n';
  test.each([
    ['YAML that cannot be read', `id: [a\n${rest}`, 'rules/a.yml:', 'YAML'],
    ['a duplicate key', `id: a\nid: b\n${rest}`, 'rules/a.yml:2:1: Not valid YAML', 'YAML'],
    ['an alias without an anchor', `id: *gone\n${rest}`, 'rules/a.yml:1:', 'anchor'],
    ['an empty file', '# nothing\n', 'rules/a.yml:1:1: The file holds no rule', 'Write a rule'],
    ['an unknown field', `${rest}fixx: h\n`, 'rules/a.yml:4:1: Unknown field "fixx" in the rule', 'fix, severity'],
    [
      'an unknown rule field',
      'language: js\nrule:\n  all:\n    - patern: f\nfix: g\n',
      'rules/a.yml:4:7: Unknown field "patern"',
      'pattern, kind',
    ],
    [
      'an unknown relation field',
      'language: js\nrule: { kind: a, has: { kind: b, stopby: end } }\nfix: g\n',
      'rules/a.yml:2:34: Unknown field "stopby"',
      'stopBy, field',
    ],
    [
      'a wrong type',
      'language: js\nrule: { pattern: f, all: { kind: b } }\nfix: g\n',
      'rules/a.yml:2:21: "rule.all": expected array',
      'reference',
    ],
    ['a wrong severity', `${rest}severity: loud\n`, 'rules/a.yml:4:1: "severity"', 'reference'],
    ['no language', 'rule: { pattern: f }\nfix: g\n', 'rules/a.yml:1:1: "language"', 'reference'],
    [
      'an unknown language',
      'language: cobol\nrule: { pattern: f }\nfix: g\n',
      'rules/a.yml:1:1: Unknown language "cobol"',
      'JavaScript, TypeScript',
    ],
    [
      'an unknown kind',
      'language: js\nrule:\n  kind: call_expresion\nfix: g\n',
      'rules/a.yml:3:9: Rule "a"',
      'reference',
    ],
    [
      'an unknown utility',
      'language: js\nrule: { kind: identifier, matches: gone }\nfix: g\n',
      'rules/a.yml:2:36: Rule "a"',
      'reference',
    ],
    [
      'a bad expression',
      'language: js\nrule: { kind: identifier, regex: "(" }\nfix: g\n',
      'rules/a.yml:2:1: Rule "a"',
      'reference',
    ],
    ['a bad constraint', `${rest}constraints: { B: { kind: number } }\n`, 'rules/a.yml:4:1: Rule "a"', 'reference'],
    [
      'a rule about any node',
      'language: js\nrule: { regex: a }\nfix: g\n',
      'rules/a.yml:2:1: Rule "a" does not say what kind',
      '"kind"',
    ],
    [
      'an undefined variable in the fix',
      'language: js\nrule: { pattern: f($A) }\nfix: g($B)\n',
      'rules/a.yml:3:1: Rule "a": the fix uses $B',
      'meta variables',
    ],
    [
      'an anonymous variable in the fix',
      'language: js\nrule: { pattern: f($A) }\nfix: g($1)\n',
      'rules/a.yml:3:1: Rule "a": the fix uses $1',
      'meta variables',
    ],
    [
      'no fix',
      'language: js\nid: x\nrule: { pattern: f($A) }\n',
      'rules/a.yml:1:1: Rule "x" has no fix',
      'severity: off',
    ],
    ['rewriters', `${rest}rewriters: []\n`, 'rules/a.yml:4:1: Rule "a" uses "rewriters"', 'rules of their own'],
    [
      'a rewrite transformation',
      `${rest}transform:\n  B: { rewrite: { source: $A, rewriters: [x] } }\n`,
      'rules/a.yml:5:3: Rule "a" uses the transformation "rewrite"',
      'convert',
    ],
    ['a bad glob', `${rest}files: ["src/{a,b"]\n`, 'rules/a.yml:4:1: Invalid glob in "files"', 'Close every'],
    [
      'a list of fixes without titles',
      'language: js\nrule: { pattern: f }\nfix: [{ template: g }]\n',
      'rules/a.yml:3:7: "fix.0.title"',
      'reference',
    ],
    [
      'the second of two documents',
      `${rest}---\nlanguage: js\nrule: { pattern: f }\nfixx: g\n`,
      'rules/a.yml:7:1: Unknown field "fixx"',
      'fix,',
    ],
    ['rules that are all off', `severity: off\n${rest}`, 'No rule is left in rules/a.yml', 'severity: off'],
  ])('%s', (_, text, message, next) => {
    const error = failure(text);
    expect(error.code).toBe('codemod-invalid');
    expect(error.message).toContain(message);
    expect(error.next).toContain(next);
  });

  test('a language whose package is not installed', () => {
    const error = failure('language: Python\nrule: { pattern: print($A) }\nfix: log($A)\n');
    expect(error.code).toBe('codemod-language-missing');
    expect(error.next).toContain('npm install @ast-grep/lang-python');
  });

  test('a package whose parser does not load, without taking the process down', () => {
    const folder = mkdtempSync(join(tmpdir(), 'fanfold-language-'));
    try {
      const installed = join(folder, 'node_modules', '@ast-grep', 'lang-rust');
      mkdirSync(installed, { recursive: true });
      writeFileSync(join(installed, 'parser.so'), 'not a library');
      writeFileSync(join(installed, 'index.js'), 'exports.libraryPath = `${__dirname}/parser.so`;');
      const error = failure('language: rust\nrule: { pattern: f($A) }\nfix: g($A)\n', [folder]);
      expect(error.code).toBe('codemod-language-missing');
      expect(error.message).toContain('cannot be loaded');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('rulesForPath', () => {
  const rules = load(
    'id: b\nlanguage: js\nrule: { pattern: f }\nfix: g\nfiles: ["src/**"]\n---\nid: a\nlanguage: css\nrule: { kind: plain_value }\nfix: g\n',
  );
  const ids = (path: string) => rulesForPath(rules, path).map(({ id }) => id);

  test('goes by language, globs and what HTML can hold', () => {
    expect(ids('src/deep/a.mjs')).toEqual(['b']);
    expect(ids('./src/a.jsx')).toEqual(['b']);
    expect(ids('lib/a.js')).toEqual([]);
    expect(ids('a.scss')).toEqual(['a']);
    expect(ids('src/a.html')).toEqual(['a', 'b']);
    expect(ids('src/a.ts')).toEqual([]);
    expect(ids('src/js')).toEqual([]);
  });
});

describe('applyRules', () => {
  const rules = load('language: js\nrule: { pattern: f($A) }\nfix: g($A)\n');

  test('takes text and bytes, also a part of a larger buffer', () => {
    expect(applyRules(rules, 'a.js', 'f(1); f(2)')).toEqual({ edits: 2, text: 'g(1); g(2)' });
    expect(applyRules(rules, 'a.js', new Uint8Array(Buffer.from('xf(ü)')).subarray(1))).toEqual({
      edits: 1,
      text: 'g(ü)',
    });
  });

  test('leaves alone what does not match, cannot be read or is too large', () => {
    const unchanged = { edits: 0, text: undefined };
    expect(applyRules(rules, 'a.js', 'h(1)')).toEqual(unchanged);
    expect(applyRules(rules, 'a.js', 'f("\ud800")')).toEqual(unchanged);
    expect(applyRules(rules, 'a.js', Buffer.from([0x66, 0x28, 0xff, 0x29]))).toEqual(unchanged);
    expect(applyRules(rules, 'a.md', 'f(1)')).toEqual(unchanged);
    expect(applyRules(rules, 'a.js', `f(1);\n${'// fifteen bytes\n'.repeat(200_001)}`)).toEqual(unchanged);
  });

  test('keeps the edits of every script of an HTML file, of which the command line keeps only the last', () => {
    const html =
      '<script>f(1)</script>\n<p onclick="f(2)">f(3)</p>\n<script lang="ts">f(4)</script><script>f(5)</script>';
    expect(applyRules(rules, 'a.html', html)).toEqual({
      edits: 2,
      text: '<script>g(1)</script>\n<p onclick="f(2)">f(3)</p>\n<script lang="ts">f(4)</script><script>g(5)</script>',
    });
  });
});
