import { realpath, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { ensureStateFolder, refuseTrackedState } from '../../../ipc/index.ts';
import { FanfoldError, messageOf } from '../../../tasks/index.ts';
import type { CommandHandler } from '../command-context.ts';
import { starterTaskFile } from '../starter-task-file.ts';
import { findWorkplace } from '../workplace.ts';

/** `fanfold init`: a commented task file to start from, and `.fanfold/`, which git ignores. */
export const init: CommandHandler<{ repo: string | undefined; force: boolean }> = async (options, context) => {
  const { folder, state, repository } = await findWorkplace(options.repo, context.folder);
  const current = await realpath(context.folder);
  await refuseTrackedState(repository);
  const path = join(folder, 'fanfold.yml');
  try {
    await writeFile(path, starterTaskFile({ outsideGit: repository === undefined }), {
      flag: options.force ? 'w' : 'wx',
    });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new FanfoldError({
        code: 'usage',
        message: `There is a task file already: ${path}.`,
        next: 'Move it away, or overwrite it with --force.',
      });
    }
    throw new FanfoldError({
      code: 'usage',
      message: `${path} was not written: ${messageOf(cause)}`,
      next: 'Name a folder that you may write in with --repo.',
      cause,
    });
  }
  await ensureStateFolder(state);
  context.stdout.write(
    `Wrote ${path} and ${state.root}/ (ignored by git).\nSee what it would do: fanfold plan ${asArgument(relative(current, path))}\n`,
  );
  return 0;
};

/** For a shell. */
function asArgument(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
