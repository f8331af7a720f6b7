/**
 * The file with the user's settings: `$XDG_CONFIG_HOME/fanfold/settings.json`, else `~/.config/fanfold/settings.json`.
 * Called by the command line, which reads all of it, and where credentials are looked for. Promise: nothing of it comes
 * from the repository; without the file it costs one look.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { FanfoldError, messageOf } from '../../tasks/index.ts';
import { userFolder } from './user-folder.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const longestBytes = 1_000_000;

/** Undefined where the user has no home folder. */
export function userSettingsPath(environment: Environment): string | undefined {
  const folder = userFolder('config', environment);
  return folder === undefined ? undefined : join(folder, 'fanfold', 'settings.json');
}

/** Undefined where there is no such file; FanfoldError `settings-invalid` where it can't be read. */
export async function readUserSettings(environment: Environment): Promise<{ path: string; text: string } | undefined> {
  const path = userSettingsPath(environment);
  if (path === undefined) return undefined;
  try {
    // A pipe must not block.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const { size } = await file.stat();
    if (size > longestBytes) throw new Error(`it has more than ${longestBytes} bytes`);
    return { path, text: await file.readFile('utf8') };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new FanfoldError({
      code: 'settings-invalid',
      message: `The settings ${path} can't be read: ${messageOf(error)}`,
      next: 'Check that it is a file and that you may read it, or move it away.',
      cause: error,
    });
  }
}

/**
 * The servers that the user's own settings name for their roles, as they are written there. Never throws: settings that
 * are no good are told where a plan is made, and trust nobody.
 */
export async function serversOfUser(environment: Environment): Promise<string[]> {
  try {
    const read = await readUserSettings(environment);
    if (read === undefined) return [];
    const { roles = {} }: { roles?: Record<string, { baseUrl?: unknown }> } = JSON.parse(read.text);
    return Object.values(roles).flatMap(({ baseUrl }) => (typeof baseUrl === 'string' ? [baseUrl] : []));
  } catch {
    return [];
  }
}
