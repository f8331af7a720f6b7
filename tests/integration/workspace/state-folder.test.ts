import { chownSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ensureStateFolder, stateFolder } from '../../../ipc/index.ts';
import { temporaryFolder } from '../../support/temporary-repository.ts';

test.each(['.', 'runs', 'workspaces', 'trash', 'results', 'branches'])(
  '`.fanfold/%s` as a link is refused before anything is written',
  async (name) => {
    const top = temporaryFolder();
    const elsewhere = temporaryFolder();
    if (name !== '.') mkdirSync(join(top, '.fanfold'));
    symlinkSync(elsewhere, join(top, '.fanfold', name === '.' ? '' : name).replace(/\/$/, ''));
    await expect(ensureStateFolder(stateFolder(top))).rejects.toMatchObject({
      code: 'repository-invalid',
      message: expect.stringContaining('symbolic link'),
    });
    expect(readdirSync(elsewhere)).toEqual([]);
    if (name !== '.') expect(readdirSync(join(top, '.fanfold'))).toEqual([name]);
  },
);

test('a file called .fanfold is refused', async () => {
  const top = temporaryFolder();
  writeFileSync(join(top, '.fanfold'), '');
  await expect(ensureStateFolder(stateFolder(top))).rejects.toMatchObject({
    code: 'repository-invalid',
    message: expect.stringContaining('is not a folder'),
  });
});

test.runIf(process.getuid?.() === 0)('a folder of another user is refused', async () => {
  const top = temporaryFolder();
  mkdirSync(join(top, '.fanfold'));
  chownSync(join(top, '.fanfold'), 12345, 12345);
  await expect(ensureStateFolder(stateFolder(top))).rejects.toMatchObject({
    code: 'repository-invalid',
    message: expect.stringContaining('another user'),
  });
});

test('a folder of one’s own is taken, twice', async () => {
  const top = temporaryFolder();
  await ensureStateFolder(stateFolder(top));
  await ensureStateFolder(stateFolder(top));
  expect(readdirSync(join(top, '.fanfold')).sort()).toEqual(['.gitignore', 'runs']);
});
