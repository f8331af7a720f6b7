import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestRepository } from './temporary-repository.ts';

/**
 * What runs must not leave behind in a repository: worktrees and git's folders for them, locks, throw-away files,
 * processes that work in it or for one of its runs. `killed`: ids of processes whose folders outside it must be gone.
 */
export function leftovers(
  repository: Pick<TestRepository, 'folder' | 'git'>,
  killed: readonly number[] = [],
): string[] {
  const found: string[] = [];
  const worktrees = repository.git('worktree', 'list', '--porcelain').match(/^worktree /gm) ?? [];
  if (worktrees.length !== 1) found.push(`${worktrees.length} worktrees`);
  const gitFolder = join(repository.folder, '.git');
  for (const entry of entriesBelow(gitFolder)) {
    if (/^worktrees\/[^/]+$|\.lock$/.test(entry)) found.push(`.git/${entry}`);
  }
  found.push(...folderLeftovers(repository.folder, killed));
  return found;
}

/** The same outside git. */
export function folderLeftovers(folder: string, killed: readonly number[] = []): string[] {
  const state = join(folder, '.fanfold');
  return [
    ...entriesBelow(state).filter(isLeftover),
    ...processesOf(folder, entriesBelow(join(state, 'runs'), false)),
    ...temporaryFolders(folder, killed),
  ];
}

/** A path below the state folder. The token of a lock stays and says who holds it. */
function isLeftover(entry: string): boolean {
  const [token, holder] = /(?:^|\/)coordinator\.epochs\/\d+~(.*)$/.exec(entry) ?? [];
  if (token !== undefined) return holder !== 'free';
  return [
    /^(workspaces|trash)\/.+/,
    /\/(scratch|staged)-[^/]*$/,
    /\.lock$/,
    /\.tmp$/,
    /\/tmp\/.+/,
    /\/bells\/.+/,
    /coordinator\.epochs-[^/]*$/,
  ].some((pattern) => pattern.test(entry));
}

/** Processes whose working folder lies in `folder`, or which belong to one of the runs (Linux only). */
function processesOf(folder: string, runs: readonly string[]): string[] {
  if (!existsSync('/proc')) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .filter((pid) => {
      try {
        const where = readlinkSync(`/proc/${pid}/cwd`);
        if (where === folder || where.startsWith(`${folder}/`)) return true;
        const environment = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
        const chain = environment.find((variable) => variable.startsWith('FANFOLD_RUN='))?.slice('FANFOLD_RUN='.length);
        return chain?.split(' ').some((run) => runs.includes(run)) === true;
      } catch {
        return false;
      }
    })
    .map((pid) => `process ${pid}`);
}

/** Folders in the system's temporary folder: git folders over this repository, and all of those processes. */
function temporaryFolders(folder: string, killed: readonly number[]): string[] {
  return entriesBelow(tmpdir(), false)
    .filter((name) => {
      const [, pid] = /^fanfold-(?:git-)?(\d+)\.[0-9.]+-[a-zA-Z0-9]{6}$/.exec(name) ?? [];
      if (pid === undefined) return false;
      return killed.includes(Number(pid)) || leadsInto(folder, join(tmpdir(), name, 'info'));
    })
    .map((name) => join(tmpdir(), name));
}

function leadsInto(folder: string, link: string): boolean {
  try {
    return readlinkSync(link).startsWith(`${folder}/`);
  } catch {
    return false;
  }
}

function entriesBelow(folder: string, recursive = true): string[] {
  return existsSync(folder) ? (readdirSync(folder, { recursive }) as string[]) : [];
}
