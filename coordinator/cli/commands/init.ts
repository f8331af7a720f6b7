import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureStateFolder, refuseTrackedState } from '../../../ipc/index.ts';
import { FanfoldError, messageOf } from '../../../tasks/index.ts';
import type { CommandHandler } from '../command-context.ts';
import { starterTaskFile } from '../starter-task-file.ts';
import { findWorkplace } from '../workplace.ts';

/** `fanfold init`: a commented task file to start from, and `.fanfold/`, which git ignores. */
export const init: CommandHandler<{ repo: string | undefined; force: boolean }> = async (options, context) => {
  const { folder, state, repository } = await findWorkplace(options.repo, context.folder);
  await refuseTrackedState(repository);
  const path = join(folder, 'fanfold.yml');
  try {
    await writeFile(path, starterTaskFile, { flag: options.force ? 'w' : 'wx' });
  } catch (cause) {
    throw new FanfoldError({
      code: 'usage',
      message:
        (cause as NodeJS.ErrnoException).code === 'EEXIST'
          ? `There is a task file already: ${path}.`
          : `${path} was not written: ${messageOf(cause)}`,
      next: 'Move the file that is there away, or overwrite it with --force.',
      cause,
    });
  }
  await ensureStateFolder(state);
  context.stdout.write(
    `Wrote ${path} and ${state.root}/ (ignored by git).\nSee what it would do: fanfold plan fanfold.yml\n`,
  );
  return 0;
};
