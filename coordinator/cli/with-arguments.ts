import type { TaskFile } from '../../tasks/index.ts';
import { FanfoldError, validateTaskFile } from '../../tasks/index.ts';
import type { PlanArguments } from './command-options.ts';

/** The command line outranks the task file; its permission rules are added to those of the file. */
export function withArguments(taskFile: TaskFile, args: PlanArguments): TaskFile {
  const { base, into, model, baseUrl, permissionMode, allow, ask, deny } = args;
  const { permissions } = taskFile;
  const modelSettings = {
    ...(model === undefined ? {} : { name: model }),
    ...(baseUrl === undefined ? {} : { baseUrl }),
  };
  const merged = {
    ...taskFile,
    ...(base === undefined ? {} : { base }),
    ...(into === undefined ? {} : { into }),
    ...(Object.keys(modelSettings).length === 0 ? {} : { model: { ...taskFile.model, ...modelSettings } }),
    ...((permissionMode ?? allow ?? ask ?? deny)
      ? {
          permissions: {
            ...permissions,
            ...(permissionMode === undefined ? {} : { mode: permissionMode }),
            allow: [...(permissions?.allow ?? []), ...(allow ?? [])],
            ask: [...(permissions?.ask ?? []), ...(ask ?? [])],
            deny: [...(permissions?.deny ?? []), ...(deny ?? [])],
          },
        }
      : {}),
  };
  try {
    return validateTaskFile(merged);
  } catch (cause) {
    if (!(cause instanceof FanfoldError)) throw cause;
    throw new FanfoldError({
      code: 'usage',
      message: cause.message,
      next: 'Correct --base, --into, --model, --base-url or the permission rules on the command line.',
      cause,
    });
  }
}
