import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { keepResult } from '../../../../worker/agent/context/keep-result.ts';
import { createResultFiles, resultFolder, takeOverResults } from '../../../../worker/agent/context/result-files.ts';
import { temporaryFolder } from '../temporary-folder.ts';

it('keeps results for the owner only, without secrets, each under its own name', async () => {
  const folder = join(await temporaryFolder(), 'results');
  const files = createResultFiles(folder, [{ name: 'A_TOKEN', value: 'secret-value' }]);
  expect(await files.keep('toolu_1', 'the secret-value, twice: secret-value')).toBe(true);
  expect(await files.keep('toolu_1', 'again secret-value')).toBe(true);
  expect(readFileSync(join(folder, 'toolu_1.txt'), 'utf8')).toBe('again [value of A_TOKEN]');
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, 'toolu_1.txt')).mode & 0o777).toBe(0o600);
  expect(files.find('result:toolu_1')).toEqual({ folder, name: 'toolu_1.txt' });
});

it.each(['../x', 'a/b', '', '.', 'a.b', 'x'.repeat(200), 'a\n'])('keeps nothing under the name %j', async (id) => {
  const folder = join(await temporaryFolder(), 'results');
  const files = createResultFiles(folder);
  expect(await files.keep(id, 'x')).toBe(false);
  expect(files.find(`result:${id}`)).toBeUndefined();
  expect(() => readdirSync(folder)).toThrow();
});

it('keeps nothing that is too large, and says nothing of it where nothing is kept', async () => {
  const folder = join(await temporaryFolder(), 'results');
  const files = createResultFiles(folder);
  const long = 'line\n'.repeat(2_100_000);
  expect(await files.keep('a', long)).toBe(false);
  const shown = await keepResult('a', long, files);
  expect(shown).toContain('too long to be kept');
  expect(shown).not.toContain('result:');
  expect(shown.length).toBeLessThan(17_000);
});

it('gives what is short as it is, and breaks lines that Read could not show', async () => {
  const folder = join(await temporaryFolder(), 'results');
  const files = createResultFiles(folder);
  expect(await keepResult('a', 'x'.repeat(30_000), files)).toBe('x'.repeat(30_000));
  const shown = await keepResult('b', '😀'.repeat(20_000), files);
  expect(shown).toContain('"result:b"');
  const lines = readFileSync(join(folder, 'b.txt'), 'utf8').split('\n');
  expect(lines).toHaveLength(10);
  expect(lines.every((line) => [...line].length === 2_000)).toBe(true);
  expect(shown).toContain('😀\n\n… lines 2 to 9 of 10 left out');
});

it('another attempt of the same agent finds what it had', async () => {
  const folder = await temporaryFolder();
  const [one, two] = [join(folder, '1'), join(folder, '2')];
  mkdirSync(one);
  mkdirSync(two);
  await createResultFiles(resultFolder(one)).keep('toolu_1', 'kept');
  takeOverResults(one, two);
  expect(readFileSync(join(resultFolder(two), 'toolu_1.txt'), 'utf8')).toBe('kept');
  await createResultFiles(resultFolder(two)).keep('toolu_1', 'another');
  expect(readFileSync(join(resultFolder(one), 'toolu_1.txt'), 'utf8')).toBe('kept');
  takeOverResults(join(folder, 'none'), two);
});
