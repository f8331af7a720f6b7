import { execFile } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, expect, test, vi } from 'vitest';
import { isSealed, requireSeal, runFolder, sealRun, stateFolder } from '../../../ipc/index.ts';
import { temporaryFolder } from '../../support/temporary-repository.ts';
import { bundleChild } from './bundle-child.ts';

let home: string;
let key: string;

beforeEach(() => {
  home = temporaryFolder();
  key = join(home, 'fanfold', 'key');
  vi.stubEnv('XDG_STATE_HOME', home);
  return () => vi.unstubAllEnvs();
});

function newRun(folder = temporaryFolder()) {
  const run = runFolder(stateFolder(folder), 'r');
  mkdirSync(run.root, { recursive: true });
  return run;
}

test('a run that was sealed is one’s own, only with that key and in that place', async () => {
  const run = newRun();
  expect(isSealed(run)).toBe(false);
  expect(() => requireSeal(run, 'fanfold resume')).toThrow('Nothing shows that the run r');
  await sealRun(run);
  expect(isSealed(run)).toBe(true);
  expect(() => requireSeal(run, 'fanfold resume')).not.toThrow();
  expect(statSync(join(run.root, 'seal')).mode & 0o777).toBe(0o600);
  expect(statSync(key).mode & 0o777).toBe(0o600);
  expect(statSync(dirname(key)).mode & 0o777).toBe(0o700);

  const elsewhere = newRun();
  cpSync(run.root, elsewhere.root, { recursive: true });
  expect(isSealed(elsewhere)).toBe(false);
  vi.stubEnv('XDG_STATE_HOME', temporaryFolder());
  expect(isSealed(run)).toBe(false);
});

test.each(['', 'not hex', 'ab', '00'.repeat(32)])('%j is no seal', (text) => {
  const run = newRun();
  writeFileSync(join(run.root, 'seal'), text);
  expect(isSealed(run)).toBe(false);
});

test('a seal is not written through a link', async () => {
  const run = newRun();
  const precious = join(temporaryFolder(), 'precious');
  writeFileSync(precious, 'precious');
  symlinkSync(precious, join(run.root, 'seal'));
  await sealRun(run);
  expect(readFileSync(precious, 'utf8')).toBe('precious');
  expect(isSealed(run)).toBe(true);
});

test.each([
  ['that others may read', () => chmodSync(key, 0o644)],
  ['of another length', () => writeFileSync(key, 'short')],
])('a key %s is not used, and not replaced', async (_what, spoil) => {
  const run = newRun();
  await sealRun(run);
  spoil();
  const spoilt = readFileSync(key);
  expect(isSealed(run)).toBe(false);
  await sealRun(newRun());
  expect(readFileSync(key)).toEqual(spoilt);
});

test('processes that start at the same time make one key', async () => {
  const children = await bundleChild(new URL('./children/seal-child.ts', import.meta.url));
  try {
    const runs = Array.from({ length: 8 }, () => newRun());
    await Promise.all(runs.map(({ root }) => promisify(execFile)(process.execPath, [children.path, root])));
    expect(runs.map(isSealed)).toEqual(runs.map(() => true));
    expect(readdirSync(join(home, 'fanfold'))).toEqual(['key']);
  } finally {
    await children.remove();
  }
});
