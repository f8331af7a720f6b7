import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';

export const longestDefinitionBytes = 250_000;
/** Of one place. */
export const mostDefinitions = 500;

/**
 * Markdown files of a folder and of those below it, ordered by path; none where there is no folder. Without `links` what
 * is a symbolic link, or lies behind one, is passed over. Without `text`: no text that can be read, or too much of it.
 */
export async function readDefinitionFolder(
  folder: string,
  { links }: { links: boolean },
): Promise<{ path: string; text: string | undefined }[]> {
  if (!links && (await realpath(folder).catch(() => undefined)) !== folder) return [];
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const paths = entries
    .filter((entry) => entry.name.endsWith('.md') && (entry.isFile() || (links && entry.isSymbolicLink())))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .slice(0, mostDefinitions);
  return Promise.all(paths.map(async (path) => ({ path, text: await textOf(path) })));
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    const found = await stat(path);
    if (!found.isFile() || found.size > longestDefinitionBytes) return undefined;
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch {
    return undefined;
  }
}
