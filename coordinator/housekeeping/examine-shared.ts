import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { discardFolder, findForsakenFolders, removeForsakenFolders, type StateFolder } from '../../ipc/index.ts';
import { countOf } from '../reporting/amounts.ts';
import { pruneResults } from '../results/prune-results.ts';
import type { Finding } from './clean-report.ts';
import { diskUsage } from './disk-usage.ts';

/** What belongs to no single run. `olderThanMs`: of results; undefined: they stay. */
export async function examineShared(state: StateFolder, olderThanMs: number | undefined): Promise<Finding[]> {
  return [
    ...(await examineTrash(state)),
    ...(await examineForsaken()),
    ...(olderThanMs === undefined ? [] : await examineResults(state, olderThanMs)),
  ];
}

async function examineTrash({ trash }: StateFolder): Promise<Finding[]> {
  const names = await readdir(trash).catch(() => []);
  return Promise.all(
    names.map(async (name) => ({
      kind: 'trash' as const,
      name: `trash/${name}`,
      bytes: await diskUsage(join(trash, name)),
      reason: 'it was on its way out',
      remove: () => discardFolder(join(trash, name), trash),
    })),
  );
}

/** Outside the repository: doorbells and git folders that are named after a process which is dead. */
async function examineForsaken(): Promise<Finding[]> {
  const paths = findForsakenFolders();
  if (paths.length === 0) return [];
  const parents = [...new Set(paths.map((path) => dirname(path)))];
  const sizes = await Promise.all(paths.map(diskUsage));
  return [
    {
      kind: 'temporary',
      name: `${join(parents.join(', '), 'fanfold-*')} (${countOf(paths.length, 'folder')})`,
      bytes: sizes.reduce((sum, bytes) => sum + bytes, 0),
      reason: paths.length === 1 ? 'its process is dead' : 'their processes are dead',
      async remove() {
        removeForsakenFolders();
        return findForsakenFolders().length === 0;
      },
    },
  ];
}

async function examineResults(state: StateFolder, olderThanMs: number): Promise<Finding[]> {
  const { removed, bytes } = await pruneResults(state, olderThanMs, { dryRun: true });
  if (removed === 0) return [];
  return [
    {
      kind: 'results',
      name: `results (${countOf(removed, 'file')})`,
      bytes,
      reason: olderThanMs === 0 ? 'all were asked for' : 'no run used them for so long',
      async remove() {
        await pruneResults(state, olderThanMs);
        return true;
      },
    },
  ];
}
