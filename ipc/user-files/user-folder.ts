/**
 * Where the user's own files are: settings, definitions of agents, keys. Called by all that reads or writes them. Promise:
 * a path is absolute or there is none. A relative one, as `HOME=.` would make it, lies in whatever folder is worked on,
 * and then the repository would choose what only the user may.
 */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

const kinds = {
  config: { variable: 'XDG_CONFIG_HOME', usual: ['.config'] },
  state: { variable: 'XDG_STATE_HOME', usual: ['.local', 'state'] },
} as const;

/** Undefined where the user has none. */
export function homeFolder(environment: Environment): string | undefined {
  const given = environment['HOME'];
  if (given !== undefined && isAbsolute(given)) return given;
  try {
    const home = homedir();
    return isAbsolute(home) ? home : undefined;
  } catch {
    return undefined;
  }
}

/** That of the XDG base directories, whatever is in it; undefined where the user has none. */
export function userFolder(kind: keyof typeof kinds, environment: Environment): string | undefined {
  const { variable, usual } = kinds[kind];
  const given = environment[variable];
  if (given !== undefined && isAbsolute(given)) return given;
  const home = homeFolder(environment);
  return home === undefined ? undefined : join(home, ...usual);
}
