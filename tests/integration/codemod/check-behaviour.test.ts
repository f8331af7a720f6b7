import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const script = fileURLToPath(new URL('../../../examples/parallel-refactor/check-behaviour.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'fanfold-behaviour-'));
const record = join(folder, 'record.json');
const chunk = 'module.exports = (list, size) => (list == null ? [] : Array.from(list).slice(0, size ?? 1));';
const check = (...parameters: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...parameters], { encoding: 'utf8' });
  return { status, stdout, stderr };
};

beforeAll(() => {
  writeFileSync(join(folder, 'package.json'), '{}');
  writeFileSync(join(folder, 'chunk.js'), chunk);
  writeFileSync(join(folder, 'lodash.js'), 'exports.chunk = require("./chunk"); exports.prototype = {};');
});
afterAll(() => rmSync(folder, { recursive: true }));

test('the behaviour check passes for the same package and names what a bug changes', () => {
  expect(check('record', folder, record)).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^Recorded \d+ functions in \d{3} calls/),
  });
  expect(check('compare', folder, record)).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('no difference'),
  });

  writeFileSync(join(folder, 'chunk.js'), chunk.replace('?? 1', '?? 2'));
  const broken = check('compare', folder, record);
  expect(broken.status).toBe(1);
  expect(broken.stderr).toContain('differs: lodash/chunk, called with');
  expect(broken.stderr).toContain('differs: lodash.js chunk, called with');

  writeFileSync(join(folder, 'chunk.js'), 'const a = 1; const a = 2;');
  expect(check('compare', folder, record)).toMatchObject({ status: 1, stderr: expect.stringContaining('SyntaxError') });
});

test('it explains itself', () => {
  expect(check('record', folder)).toMatchObject({ status: 2, stderr: expect.stringContaining('Usage') });
});
