import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Assignment, openRepository, type Repository, stateFolder } from '../../../ipc/index.ts';
import { openWorkspace } from '../../../worker/workspace/open-workspace.ts';
import type { Workspace } from '../../../worker/workspace/workspace.ts';
import { createWorktreePool, type WorktreePool } from '../../../worker/workspace/worktree-pool.ts';
import { openWorktreeWorkspace } from '../../../worker/workspace/worktree-workspace.ts';
import type { TestRepository } from '../../support/temporary-repository.ts';

export const never = new AbortController().signal;

export async function open({ folder }: { folder: string }): Promise<Repository> {
  const repository = await openRepository(folder);
  if (repository === undefined) throw new Error('no repository');
  return repository;
}

/** A pool of worktrees of the repository as it is now, disposed when the test has ended. */
export async function openPool(fixture: TestRepository): Promise<{ pool: WorktreePool; repository: Repository }> {
  const repository = await open(fixture);
  const pool = createWorktreePool(repository, stateFolder(fixture.folder), { run: 'run-1', worker: 'worker-1' });
  onTestFinished(() => pool[Symbol.asyncDispose]());
  return { pool, repository };
}

/** A worktree of the repository at a commit. */
export async function openWorktree(
  fixture: TestRepository,
  commitish = 'HEAD',
): Promise<{ workspace: Workspace; root: string; pool: WorktreePool; repository: Repository }> {
  const { pool, repository } = await openPool(fixture);
  const workspace = await openWorktreeWorkspace(pool, repository, fixture.git('rev-parse', commitish), never);
  return { workspace, root: workspace.root ?? '', pool, repository };
}

/** A copy of a folder, and the attempt's folder that takes its changes. */
export async function openCopy(folder: string, name: string): Promise<{ workspace: Workspace; attempt: string }> {
  const attempt = join(folder, '.fanfold', 'attempts', name);
  mkdirSync(attempt, { recursive: true });
  const assignment = {
    run: 'run-1',
    repository: folder,
    subtask: { id: name, workspace: 'copy', executor: { kind: 'run' } },
  };
  const services = { worker: 'worker-1', state: stateFolder(folder) };
  const workspace = await openWorkspace(
    assignment as unknown as Assignment,
    services as Parameters<typeof openWorkspace>[1],
    attempt,
    never,
  );
  onTestFinished(() => workspace[Symbol.asyncDispose]());
  return { workspace, attempt };
}
