import { type AgentCatalog, type ExpansionSources, FanfoldError, matchGlobs } from '../../tasks/index.ts';

export interface MemoryWorld {
  /** Paths of the repository. */
  paths?: readonly string[];
  /** Texts by path, readable by readFile. */
  files?: Readonly<Record<string, string>>;
  /** Standard output by command. */
  commands?: Readonly<Record<string, string>>;
  agents?: AgentCatalog;
}

/** Expansion sources over values in memory, and what was asked of them. */
export function memorySources({ paths = [], files = {}, commands = {}, agents }: MemoryWorld = {}) {
  const asked: string[] = [];
  const find = (kind: string, name: string, among: Readonly<Record<string, string>>): string => {
    asked.push(`${kind} ${name}`);
    const found = Object.hasOwn(among, name) ? among[name] : undefined;
    if (found !== undefined) return found;
    throw new FanfoldError({ code: 'task-file-unreadable', message: `There is no ${name}.`, next: 'Look elsewhere.' });
  };
  const sources: ExpansionSources = {
    glob: async (patterns, kind) => matchGlobs(paths, patterns, kind),
    readFile: async (path) => find('file', path, files),
    runCommand: async (command) => find('command', command, commands),
    ...(agents === undefined ? {} : { agents: async () => agents }),
  };
  return { sources, asked };
}
