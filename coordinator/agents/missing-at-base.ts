import { join } from 'node:path';
import { readDefinitionFolder } from './definition-folder.ts';
import { parseDefinition } from './parse-definition.ts';

interface MissingOptions {
  /** Relative to the top. */
  folders: readonly string[];
  base: string | undefined;
  /** Paths of definitions that were found, relative to the top or absolute. */
  known: ReadonlySet<string>;
}

interface MissingDefinition {
  /** Relative to the top of the repository, with `/`. */
  path: string;
  name: string;
  problem: string;
  warnings: string[];
}

/**
 * Definitions that lie in a repository's folders and are not at the base, where definitions are read: somebody has written
 * them and not committed them, or asks for a base of before.
 */
export async function missingAtBase(
  top: string,
  { folders, base, known }: MissingOptions,
): Promise<MissingDefinition[]> {
  const where = base === undefined ? 'it is not committed' : `it is not in commit ${base.slice(0, 12)}`;
  const problem = `${where}, and agents are read from the commit that work starts from: commit it`;
  const files = await Promise.all(folders.map((folder) => readDefinitionFolder(join(top, folder), { links: false })));
  const missing = files
    .flat()
    .map(({ path, text }) => ({ path: path.slice(top.length + 1).replaceAll('\\', '/'), text }))
    .filter(({ path }) => !known.has(path) && !known.has(join(top, path)));
  return Promise.all(
    missing.map(async ({ path, text = '' }) => {
      const { name } = await parseDefinition({ path, text, isOwn: false });
      return { path, name, problem, warnings: [] };
    }),
  );
}
