/**
 * Whether a repository ships `.fanfold/`, which nobody but Fanfold on this machine should write: whoever writes there says
 * what runs execute. Asked by everything that trusts what lies in it, since a clone brings it like any other file. What
 * defines agents there may be shipped: it is read at a commit, and as text that is not trusted.
 */
import { FanfoldError, isAgentsPath, isStatePath, oneLine } from '../../tasks/index.ts';
import type { Repository } from './repository.ts';
import { gitText, runGit } from './run-git.ts';

/** A path of it that is under version control, in the index or in HEAD; undefined where none is, or outside git. */
export async function trackedState(repository: Repository | undefined): Promise<string | undefined> {
  if (repository === undefined) return undefined;
  const options = { cwd: repository.top };
  const [inIndex, inHead] = await Promise.all([
    gitText(['ls-files', '-z', '--', ':(top,icase).fanfold'], options),
    // There may be no commit yet.
    runGit(['ls-tree', '-z', '--name-only', '--full-tree', 'HEAD'], { ...options, accept: [128] }),
  ]);
  const foreign = inIndex.split('\0').find((path) => path !== '' && !isAgentsPath(path));
  return foreign ?? (await foreignInHead(inHead.stdout.toString(), options));
}

async function foreignInHead(names: string, options: { cwd: string }): Promise<string | undefined> {
  const found = names.split('\0').filter(isStatePath);
  const other = found.find((name) => name !== '.fanfold');
  if (found.length === 0 || other !== undefined) return other;
  const below = await gitText(['ls-tree', '-r', '-z', '--name-only', '--full-tree', 'HEAD', '.fanfold'], options);
  return below.split('\0').find((path) => path !== '' && !isAgentsPath(path));
}

/** Throws FanfoldError `state-untrusted` where there is one. */
export async function refuseTrackedState(repository: Repository | undefined): Promise<void> {
  const path = await trackedState(repository);
  if (path !== undefined) throw trackedStateError(path, repository?.top ?? '');
}

export function trackedStateError(path: string, top: string): FanfoldError {
  return new FanfoldError({
    code: 'state-untrusted',
    message: `${oneLine(path, 200)} is under version control in ${top}: whoever committed it could have made up runs, which Fanfold would execute.`,
    next: 'Look at what it is, then `git rm -r --cached .fanfold`, commit, and delete the folder unless every run in it is yours.',
    data: { path, repository: top },
  });
}
