import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { openRepository, type Repository, type StateFolder, stateFolder } from '../../ipc/index.ts';
import { FanfoldError } from '../../tasks/index.ts';
import type { CommandContext } from './command-context.ts';

/** Where a command works: a repository's top folder, or a plain folder outside git. */
export interface Workplace {
  folder: string;
  repository: Repository | undefined;
  state: StateFolder;
}

/** `--repo`, else the repository around the current folder, else that folder itself. */
export async function findWorkplace(repo: string | undefined, folder: string): Promise<Workplace> {
  const wanted = resolve(folder, repo ?? '.');
  const real = await realpath(wanted).catch(() => {
    throw new FanfoldError({
      code: 'repository-missing',
      message: `The folder ${wanted} does not exist.`,
      next: 'Name an existing folder with --repo.',
    });
  });
  const repository = await openRepository(real);
  const top = repository?.top ?? real;
  return { folder: top, repository, state: stateFolder(top) };
}

/** The same, where it may have been looked for already. */
export function workplaceOf(
  repo: string | undefined,
  { folder, workplaceAhead }: Pick<CommandContext, 'folder' | 'workplaceAhead'>,
): Promise<Workplace> {
  if (workplaceAhead !== undefined && workplaceAhead.repo === repo) return workplaceAhead.found;
  return findWorkplace(repo, folder);
}
