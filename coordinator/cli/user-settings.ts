/**
 * What a user says of models for all their task files: `$XDG_CONFIG_HOME/fanfold/settings.json`, else
 * `~/.config/fanfold/settings.json`. Called where a plan is made that asks models. Promise: nothing of it comes from the
 * repository; without the file it costs one look.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { FanfoldError, messageOf, parseUserSettings, type TaskFile, type UserModels } from '../../tasks/index.ts';
import { placedModel } from './model-traffic.ts';

const longestBytes = 1_000_000;

/** `baseUrl` is the server that the command line names: settings for others are of no use then. */
export async function userModels(environment: NodeJS.ProcessEnv, baseUrl?: string): Promise<UserModels> {
  const path = userSettingsPath(environment);
  const text = path === undefined ? undefined : await readSettings(path);
  if (path === undefined || text === undefined) return {};
  const { models, roles = {} } = parseUserSettings(text, path);
  const placed = Object.entries(roles).flatMap(([role, settings]) => {
    if (settings === undefined) return [];
    const isElsewhere = baseUrl !== undefined && settings.baseUrl !== undefined && settings.baseUrl !== baseUrl;
    const { name } = settings;
    const named = name === undefined ? settings : { ...settings, name: placedModel(name, dirname(path)) };
    return isElsewhere ? [] : [[role, named] as const];
  });
  return { models, roles: Object.fromEntries(placed) };
}

/** Whether anything in a task file asks a model. */
export function asksModels({ subtasks, checks = [] }: TaskFile): boolean {
  const all = [...checks, ...subtasks.flatMap((subtask) => subtask.checks ?? [])];
  return subtasks.some(({ prompt }) => prompt !== undefined) || all.some(({ judge }) => judge !== undefined);
}

/** Undefined where the user has no home folder. */
export function userSettingsPath(environment: NodeJS.ProcessEnv): string | undefined {
  const given = environment['XDG_CONFIG_HOME'] ?? '';
  if (isAbsolute(given)) return join(given, 'fanfold', 'settings.json');
  try {
    return join(environment['HOME'] ?? homedir(), '.config', 'fanfold', 'settings.json');
  } catch {
    return undefined;
  }
}

/** Undefined where there is no such file. */
async function readSettings(path: string): Promise<string | undefined> {
  try {
    // A pipe must not block.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const { size } = await file.stat();
    if (size > longestBytes) throw new Error(`it has more than ${longestBytes} bytes`);
    return await file.readFile('utf8');
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
