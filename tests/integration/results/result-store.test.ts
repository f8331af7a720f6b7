import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { KeptResult } from '../../../coordinator/results/kept-result.ts';
import { pruneResults } from '../../../coordinator/results/prune-results.ts';
import { createResultStore } from '../../../coordinator/results/result-store.ts';
import { stateFolder } from '../../../ipc/index.ts';
import { temporaryFolder } from '../../support/temporary-repository.ts';

const key = { definition: 'ab'.repeat(32), inputs: 'cd'.repeat(32) };
const other = { definition: 'ef'.repeat(32), inputs: 'cd'.repeat(32) };
const kept: KeptResult = { format: 2, run: 'r', subtask: 's', attempt: 1, result: 'done', output: { n: 1 } };

function setUp() {
  const state = stateFolder(temporaryFolder());
  const path = join(state.results, 'ab', `${key.definition}-${key.inputs}.json`);
  return { state, path, store: createResultStore(state.results) };
}

test('what is written is read again, by whoever opens the store next, and only its owner may read it', async () => {
  const { state, path, store } = setUp();
  expect(await store.knows(key.definition)).toBe(false);
  await store.write(key, kept);
  const next = createResultStore(state.results);
  expect(await next.knows(key.definition)).toBe(true);
  expect(await next.read(key)).toEqual(kept);
  expect(await next.read({ ...key, inputs: '00'.repeat(32) })).toBeUndefined();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(join(state.results, 'ab')).mode & 0o777).toBe(0o700);
  expect(statSync(state.results).mode & 0o777).toBe(0o700);
  expect(readdirSync(join(state.results, 'ab'))).toHaveLength(1);
});

test('all that is kept for a definition is found, and nothing of another', async () => {
  const { state, store } = setUp();
  const second = { ...kept, rest: 'other files' };
  await store.write(key, kept);
  await store.write({ ...key, inputs: '11'.repeat(32) }, second);
  await store.write({ ...key, definition: `${key.definition.slice(0, -1)}0` }, kept);
  writeFileSync(join(state.results, 'ab', `${key.definition}-${'22'.repeat(32)}.json`), '{');
  expect((await store.readAll(key.definition)).map(({ rest }) => rest).sort()).toEqual(['other files', undefined]);
  expect(await store.readAll(other.definition)).toEqual([]);
});

test.each([
  ['half a file', '{"format":2,"run"'],
  ['another format', JSON.stringify({ ...kept, format: 1 })],
  ['a run that is a path', JSON.stringify({ ...kept, run: '../../elsewhere' })],
  ['a commit that is an option', JSON.stringify({ ...kept, result: 'changed', commit: '--output=x', base: 'y' })],
  ['more than was written', JSON.stringify({ ...kept, more: 1 })],
  ['a failure', JSON.stringify({ ...kept, result: 'failed' })],
])('%s is not there', async (_what, text) => {
  const { path, store } = setUp();
  await store.write(key, kept);
  writeFileSync(path, text);
  expect(await store.read(key)).toBeUndefined();
});

test('pruning takes what was neither made nor read lately, and temporary files, and follows no link', async () => {
  const { state, path, store } = setUp();
  expect(await pruneResults(state, 0)).toEqual({ removed: 0, bytes: 0 });
  await store.write(key, kept);
  await store.write(other, kept);
  const old = new Date(Date.now() - 10_000);
  const unused = join(state.results, 'ef', `${other.definition}-${other.inputs}.json`);
  const half = `${unused}.0123.tmp`;
  writeFileSync(half, '{');
  for (const file of [path, unused, half]) utimesSync(file, old, old);
  const elsewhere = temporaryFolder();
  writeFileSync(join(elsewhere, 'precious'), '');
  utimesSync(join(elsewhere, 'precious'), old, old);
  symlinkSync(elsewhere, join(state.results, 'aa'));
  expect(await store.read(key)).toEqual(kept);

  const bytes = readFileSync(unused).length + 1;
  expect(await pruneResults(state, 5_000)).toEqual({ removed: 2, bytes });
  expect(existsSync(join(state.results, 'ef'))).toBe(false);
  expect(existsSync(path)).toBe(true);
  expect(existsSync(join(elsewhere, 'precious'))).toBe(true);
});
