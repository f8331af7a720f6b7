/** What a user says of models for all their task files. Called where a plan is made that asks models. */
import { dirname } from 'node:path';
import { readUserSettings } from '../../ipc/index.ts';
import { parseUserSettings, type TaskFile, type UserModels } from '../../tasks/index.ts';
import { placedModel } from './model-traffic.ts';

/** `baseUrl` is the server that the command line names: settings for others are of no use then. */
export async function userModels(environment: NodeJS.ProcessEnv, baseUrl?: string): Promise<UserModels> {
  const read = await readUserSettings(environment);
  if (read === undefined) return {};
  const { path, text } = read;
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
