import { resolveCommit } from '../../ipc/index.ts';
import type { AgentCatalog } from '../../tasks/index.ts';
import { type DefinitionPlaces, findDefinitions, toCatalog } from './find-definitions.ts';

/**
 * What a task file can name, with `base` as it is written there. With `modelIsGiven` no definition has a model of its
 * own. FanfoldError where the base is no commit.
 */
export async function definitionsAt(
  { base, ...places }: Omit<DefinitionPlaces, 'base'> & { base: string },
  { modelIsGiven = false }: { modelIsGiven?: boolean } = {},
): Promise<AgentCatalog> {
  const { repository } = places;
  const commit = repository === undefined ? undefined : await resolveCommit(repository, base);
  const catalog = toCatalog(await findDefinitions({ ...places, base: commit }));
  if (!modelIsGiven) return catalog;
  return { ...catalog, definitions: catalog.definitions.map(({ model: _, ...definition }) => definition) };
}
