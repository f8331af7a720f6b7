import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  applyFolderChanges,
  attemptFolder,
  forgetSalvage,
  forgetWorkspaceRecord,
  processIdentity,
  readSalvage,
  readWorkspaceRecords,
  runFolder,
  salvagedChanges,
  salvageWorkspace,
  stateFolder,
  type WorkspaceRecord,
} from '../../../ipc/index.ts';
import { openCopyWorkspace } from '../../../worker/workspace/copy-workspace.ts';
import { openWorktreeWorkspace } from '../../../worker/workspace/worktree-workspace.ts';
import { type TestRepository, temporaryFolder, temporaryRepository } from '../../support/temporary-repository.ts';
import { never, openPool } from './open-test-workspace.ts';

/** The folder of an agent's attempt that has begun. */
function attemptOf(folder: string, subtask = 'part'): string {
  const attempt = attemptFolder(runFolder(stateFolder(folder), 'run-1').root, subtask, 1);
  mkdirSync(attempt, { recursive: true });
  writeFileSync(join(attempt, 'transcript.jsonl'), '');
  return attempt;
}

async function agentWorktree(fixture: TestRepository, commit?: string) {
  const { pool, repository } = await openPool(fixture);
  const attempt = attemptOf(fixture.folder);
  const base = fixture.git('rev-parse', 'HEAD');
  const workspace = await openWorktreeWorkspace(pool, repository, base, never, { attempt, commit });
  const state = stateFolder(fixture.folder);
  const [record] = await readWorkspaceRecords(state);
  if (record === undefined) throw new Error('no record');
  return { pool, repository, attempt, base, workspace, root: workspace.root ?? '', state, record };
}

test('a record follows a worktree through its life', async () => {
  const fixture = temporaryRepository();
  const { pool, workspace, root, state, record, attempt, base } = await agentWorktree(fixture);
  expect(record).toEqual({
    name: root.slice(root.lastIndexOf('/') + 1),
    run: 'run-1',
    worker: 'worker-1',
    owner: processIdentity(),
    kind: 'worktree',
    base,
    attempt,
  });
  expect(statSync(join(state.workspaces, `${record.name}.json`)).mode & 0o777).toBe(0o600);
  await workspace[Symbol.asyncDispose]();
  const { base: _, attempt: __, ...idle } = record;
  expect(await readWorkspaceRecords(state)).toEqual([idle]);
  await pool[Symbol.asyncDispose]();
  expect(readdirSync(state.workspaces)).toEqual([]);
});

test('a worktree is kept as a commit on its base, and brought back with its base below', async () => {
  const fixture = temporaryRepository({
    'a.txt': 'a\n',
    'gone.txt': 'x\n',
    '.gitignore': 'ignored\n',
    'b/c.sh': 'c\n',
  });
  const { pool, repository, attempt, base, root, state, record } = await agentWorktree(fixture);
  writeFileSync(join(root, 'a.txt'), 'A\n');
  writeFileSync(join(root, 'new.txt'), 'new\n');
  writeFileSync(join(root, 'ignored'), 'ignored\n');
  writeFileSync(join(root, 'b/c.sh'), 'c\n', { mode: 0o755 });
  rmSync(join(root, 'gone.txt'));
  fixture.commit({ 'later.txt': 'landed meanwhile\n' });
  await salvageWorkspace(state, repository, record);
  const kept = await readSalvage(attempt);
  expect(kept).toEqual({ base, commit: expect.stringMatching(/^[0-9a-f]{40}$/) });
  expect(fixture.git('rev-parse', `${kept?.commit}^`)).toBe(base);
  await salvageWorkspace(state, repository, record);
  expect(await readSalvage(attempt)).toMatchObject({ base });
  expect(readdirSync(attempt).sort()).toEqual(['salvage.json', 'transcript.jsonl']);

  const again = await openWorktreeWorkspace(pool, repository, base, never, { attempt, commit: kept?.commit });
  expect(again.root).not.toBe(root);
  expect(again.base).toBe(base);
  const at = again.root ?? '';
  expect(readFileSync(join(at, 'a.txt'), 'utf8')).toBe('A\n');
  expect(readdirSync(at).sort()).toEqual(['.git', '.gitignore', 'a.txt', 'b', 'new.txt']);
  const status = fixture
    .git('-C', at, 'status', '--porcelain')
    .split('\n')
    .map((line) => line.trim());
  expect(status.sort()).toEqual(['?? new.txt', 'D gone.txt', 'M a.txt']);
  writeFileSync(join(at, 'more.txt'), 'more\n');
  const { changedFiles, commit } = await again.snapshot('m');
  expect(changedFiles).toEqual(['a.txt', 'gone.txt', 'more.txt', 'new.txt']);
  expect(fixture.git('rev-parse', `${commit}^`)).toBe(base);
  await again[Symbol.asyncDispose]();
  const reused = await openWorktreeWorkspace(pool, repository, base, never);
  expect((await reused.snapshot('m')).changedFiles).toEqual([]);
  expect(existsSync(join(reused.root ?? '', 'gone.txt'))).toBe(true);
});

test('an unchanged worktree leaves its base alone; what was kept is forgotten when the agent works on', async () => {
  const { repository, attempt, base, state, record } = await agentWorktree(temporaryRepository());
  await salvageWorkspace(state, repository, record);
  expect(await readSalvage(attempt)).toEqual({ base });
  await forgetSalvage(attempt);
  expect(await readSalvage(attempt)).toBeUndefined();
});

test('a workspace that is gone, or became a link, leaves what was kept before', async () => {
  const fixture = temporaryRepository();
  const other = temporaryFolder();
  writeFileSync(join(other, 'foreign.txt'), 'foreign\n');
  const { repository, attempt, base, root, state, record } = await agentWorktree(fixture);
  await salvageWorkspace(state, repository, record);
  renameSync(root, `${root}-moved`);
  await salvageWorkspace(state, repository, record);
  symlinkSync(other, root);
  await salvageWorkspace(state, repository, record);
  expect(await readSalvage(attempt)).toEqual({ base });
});

test('nothing is kept of what is no agent’s, of a repository made inside, and of a checkout that was not finished', async () => {
  const { repository, attempt, root, state, record } = await agentWorktree(temporaryRepository());
  rmSync(join(attempt, 'transcript.jsonl'));
  await salvageWorkspace(state, repository, record);
  expect(readdirSync(attempt)).toEqual([]);
  writeFileSync(join(attempt, 'transcript.jsonl'), '');
  mkdirSync(join(root, 'inner/.git'), { recursive: true });
  writeFileSync(join(root, 'inner/.git/HEAD'), 'ref: refs/heads/main\n');
  mkdirSync(join(root, 'inner/.git/objects'));
  mkdirSync(join(root, 'inner/.git/refs'));
  writeFileSync(join(root, 'inner/x'), 'x');
  await salvageWorkspace(state, repository, record);
  expect(await readSalvage(attempt)).toBeUndefined();
  rmSync(join(root, 'inner'), { recursive: true });
  rmSync(join(repository.commonFolder, 'worktrees', record.name, 'fanfold-index'));
  await salvageWorkspace(state, repository, record);
  await salvageWorkspace(state, undefined, record);
  expect(await readSalvage(attempt)).toBeUndefined();
});

test('a record can name no folder but its own, and no attempt but one of its run', async () => {
  const fixture = temporaryRepository();
  const { repository, attempt, root, state, record } = await agentWorktree(fixture);
  const elsewhere = join(temporaryFolder(), 'subtasks', 'part', '1');
  mkdirSync(elsewhere, { recursive: true });
  writeFileSync(join(elsewhere, 'transcript.jsonl'), '');
  writeFileSync(join(root, 'a.txt'), 'a\n');
  await salvageWorkspace(state, repository, { ...record, attempt: elsewhere });
  expect(readdirSync(elsewhere)).toEqual(['transcript.jsonl']);
  expect(await readSalvage(attempt)).toMatchObject({ commit: expect.any(String) });

  const write = (name: string, content: unknown) =>
    writeFileSync(join(state.workspaces, name), typeof content === 'string' ? content : JSON.stringify(content));
  write('torn.json', '{"name":"to');
  write('other.json', { ...record, name: 'another' });
  write('out.json', { ...record, name: '../out' });
  write('base.json', { ...record, name: 'base', base: '--upload-pack=x' });
  write('more.json', { ...record, name: 'more', command: 'x' });
  mkdirSync(join(state.workspaces, 'folder.json'));
  expect((await readWorkspaceRecords(state)).map(({ name }) => name)).toEqual([record.name]);
  await forgetWorkspaceRecord(state, '../runs/run-1');
  write(`${record.name}.json.0123.tmp`, 'left by a death');
  await forgetWorkspaceRecord(state, record.name);
  expect(readdirSync(state.workspaces).filter((name) => name.startsWith(record.name))).toEqual([record.name]);
});

async function agentCopy(folder: string, changes?: string) {
  const state = stateFolder(folder);
  const attempt = attemptOf(folder);
  const workspace = await openCopyWorkspace({
    folder,
    state,
    run: 'run-1',
    worker: 'worker-1',
    attempt,
    agent: { changes },
    signal: never,
  });
  onTestFinished(() => workspace[Symbol.asyncDispose]());
  const records = await readWorkspaceRecords(state);
  return { state, attempt, workspace, root: workspace.root ?? '', record: records.at(-1) as WorkspaceRecord };
}

test('a copy is kept as changes of what it held at first, and brought back into another copy', async () => {
  const folder = temporaryFolder();
  for (const name of ['a.txt', 'gone.txt', 'same.txt', 'landed.txt']) writeFileSync(join(folder, name), name);
  const { state, attempt, root, record, workspace } = await agentCopy(folder);
  expect(record).toMatchObject({ kind: 'copy', attempt });
  writeFileSync(join(root, 'a.txt'), 'A');
  mkdirSync(join(root, 'new'));
  writeFileSync(join(root, 'new/b.txt'), 'b');
  rmSync(join(root, 'gone.txt'));
  writeFileSync(join(folder, 'landed.txt'), 'meanwhile');
  await salvageWorkspace(state, undefined, record);
  expect(await readSalvage(attempt)).toEqual({ changes: 'salvaged' });
  await workspace[Symbol.asyncDispose]();
  expect(readdirSync(state.workspaces)).toEqual([]);

  const again = await agentCopy(folder, salvagedChanges(attempt));
  expect(readFileSync(join(again.root, 'a.txt'), 'utf8')).toBe('A');
  expect(readFileSync(join(again.root, 'landed.txt'), 'utf8')).toBe('meanwhile');
  expect((await again.workspace.snapshot('m')).changedFiles).toEqual(['a.txt', 'gone.txt', 'new/b.txt']);
  await forgetSalvage(attempt);
  expect(await applyFolderChanges(attempt, folder)).toEqual({ conflictedFiles: [] });
  expect(readdirSync(folder).sort()).toEqual(['.fanfold', 'a.txt', 'landed.txt', 'new', 'same.txt']);
});

test('changes that no longer fit the folder are not brought back, and no copy is left', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'a.txt'), 'a');
  const { state, attempt, root, record } = await agentCopy(folder);
  writeFileSync(join(root, 'a.txt'), 'A');
  await salvageWorkspace(state, undefined, record);
  writeFileSync(join(folder, 'a.txt'), 'changed by another');
  await expect(agentCopy(folder, salvagedChanges(attempt))).rejects.toMatchObject({
    code: 'workspace-failed',
    message: expect.stringContaining('a.txt'),
  });
  expect((await readWorkspaceRecords(state)).map(({ name }) => name)).toEqual([record.name]);
});
