import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { TestRepository } from './temporary-repository.ts';

/** What a run must not leave behind in its folder: worktrees, locks, throw-away files, processes that work in it. */
export function leftovers(repository: Pick<TestRepository, 'folder' | 'git'>): string[] {
  const found: string[] = [];
  const worktrees = repository.git('worktree', 'list', '--porcelain').match(/^worktree /gm) ?? [];
  if (worktrees.length !== 1) found.push(`${worktrees.length} worktrees`);
  found.push(...folderLeftovers(repository.folder));
  return found;
}

/** The same outside git. */
export function folderLeftovers(folder: string): string[] {
  const found: string[] = [];
  const state = join(folder, '.fanfold');
  if (existsSync(state)) {
    for (const entry of readdirSync(state, { recursive: true }) as string[]) {
      const nameless = /(^|\/)(workspaces|trash)\/.+|\/scratch-|\.lock(\/|$)|\/tmp\/.+|\/bells\/.+/;
      if (nameless.test(entry)) found.push(entry);
    }
  }
  return [...found, ...processesIn(folder)];
}

/** Processes whose working folder lies in `folder` (Linux only; elsewhere none are seen). */
function processesIn(folder: string): string[] {
  if (!existsSync('/proc')) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .filter((pid) => {
      try {
        const where = readlinkSync(`/proc/${pid}/cwd`);
        return where === folder || where.startsWith(`${folder}/`);
      } catch {
        return false;
      }
    })
    .map((pid) => `process ${pid}`);
}
