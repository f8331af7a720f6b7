/**
 * Definitions of agents, from the user's folders and from the repository at the base of the work. Called when a task file
 * is expanded and by `fanfold agents`. Promise: of those with the same name the last place counts, and the user's
 * own come last; what a repository ships is read at a commit where there is git, and never allows anything.
 */
import { join } from 'node:path';
import { homeFolder, type Repository, readTextsAt, runGit, userFolder } from '../../ipc/index.ts';
import type { AgentCatalog, AgentDefinition } from '../../tasks/index.ts';
import { longestDefinitionBytes, mostDefinitions, readDefinitionFolder } from './definition-folder.ts';
import { missingAtBase } from './missing-at-base.ts';
import { type ParsedDefinition, parseDefinition } from './parse-definition.ts';

export interface FoundDefinition extends ParsedDefinition {
  path: string;
  source: 'user' | 'repository';
  /** The file whose definition counts instead. */
  overriddenBy?: string;
}

export interface DefinitionPlaces {
  /** The folder worked on, absolute. */
  folder: string;
  repository: Repository | undefined;
  /** Commit to read at; undefined outside git, and where there is no commit yet. */
  base: string | undefined;
  environment: NodeJS.ProcessEnv;
}

/** Relative to the folder worked on; the last counts. */
const shipped = ['.claude/agents', '.fanfold/agents'];

/** In the order of their places. */
export async function findDefinitions(places: DefinitionPlaces): Promise<FoundDefinition[]> {
  const { folder, repository, base, environment } = places;
  const [home, settings] = [homeFolder(environment), userFolder('config', environment)];
  const own = [
    ...(home === undefined ? [] : [join(home, '.claude', 'agents')]),
    ...(settings === undefined ? [] : [join(settings, 'fanfold', 'agents')]),
  ];
  const found = await Promise.all([
    ...(repository === undefined
      ? shipped.map(async (place) =>
          (await readDefinitionFolder(join(folder, place), { links: false })).map(({ path, text }) => ({
            path: path.slice(folder.length + 1),
            text,
          })),
        )
      : [readAt(repository, base)]),
    ...own.map((place) => readDefinitionFolder(place, { links: true })),
  ]);
  const definitions = await Promise.all(
    found.flatMap((files, place) =>
      files.map(async ({ path, text }): Promise<FoundDefinition> => {
        const isOwn = place >= found.length - own.length;
        const source = isOwn ? 'user' : 'repository';
        if (text === undefined) return { path, source, name: path, problem: unreadable, warnings: [] };
        return { path, source, ...(await parseDefinition({ path, text, isOwn })) };
      }),
    ),
  );
  if (repository === undefined) return overridden(definitions);
  const known = new Set(definitions.map(({ path }) => path));
  const missing = await missingAtBase(repository.top, { folders: shipped, base, known });
  return overridden([...definitions, ...missing.map((one) => ({ ...one, source: 'repository' as const }))]);
}

const unreadable = `it is no text of at most ${longestDefinitionBytes} bytes`;

export function toCatalog(found: readonly FoundDefinition[]): AgentCatalog {
  const definitions = found.flatMap(({ definition, overriddenBy, source }): AgentDefinition[] => {
    if (definition === undefined || overriddenBy !== undefined) return [];
    return [source === 'repository' ? { ...definition, source } : definition];
  });
  return {
    definitions: definitions.sort((left, right) => (left.name < right.name ? -1 : 1)),
    unusable: found.flatMap(({ name, path, problem }) => (problem === undefined ? [] : [{ name, path, problem }])),
  };
}

async function readAt(
  repository: Repository,
  base: string | undefined,
): Promise<{ path: string; text: string | undefined }[]> {
  if (base === undefined) return [];
  const list = ['ls-tree', '-r', '-z', '--name-only', '--full-tree', base, ...shipped.map((place) => `${place}/`)];
  const names = (await runGit(list, { cwd: repository.top })).stdout.toString().split('\0');
  const paths = names.filter((path) => path.endsWith('.md')).slice(0, mostDefinitions);
  const ordered = shipped.flatMap((place) => paths.filter((path) => path.startsWith(`${place}/`)));
  if (ordered.length === 0) return [];
  const texts = await readTextsAt(repository, base, ordered, longestDefinitionBytes);
  return ordered.map((path, index) => ({ path, text: texts[index] }));
}

function overridden(definitions: readonly FoundDefinition[]): FoundDefinition[] {
  const last = new Map(definitions.flatMap((one) => (one.definition === undefined ? [] : [[one.name, one]])));
  return definitions.map((one) => {
    const winner = one.definition === undefined ? undefined : last.get(one.name);
    return winner === undefined || winner === one ? one : { ...one, overriddenBy: winner.path };
  });
}
