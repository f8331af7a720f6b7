/**
 * Results of accepted subtasks by what they were made from: `<first 2>/<definition>-<inputs>.json` below the results
 * folder. Called by result-cache.ts of any number of runs at once. Promise: whatever is not exactly as it was written
 * is not there.
 */
import { mkdir, readdir, readFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../../ipc/index.ts';
import { type KeptResult, keptResultSchema } from './kept-result.ts';

export interface ResultKey {
  /** Digest of what the subtask is told to do, and how. */
  definition: string;
  /** Digest of the files and results it depends on. */
  inputs: string;
}

export interface ResultStore {
  /** Whether anything was kept for a definition before this store was opened; cheap, so it is asked first. */
  knows(definition: string): Promise<boolean>;
  /** Marks what it finds as used, so that it is not pruned. */
  read(key: ResultKey): Promise<KeptResult | undefined>;
  /** All that is kept for a definition, without marking it. */
  readAll(definition: string): Promise<KeptResult[]>;
  /** Throws errors of the file system. */
  write(key: ResultKey, result: KeptResult): Promise<void>;
}

export function createResultStore(folder: string): ResultStore {
  const groups = new Map<string, Promise<Set<string>>>();
  const groupOf = (definition: string): string => join(folder, definition.slice(0, 2));

  async function definitionsIn(group: string): Promise<Set<string>> {
    const names = await readdir(group).catch(() => []);
    return new Set(names.map((name) => name.split('-')[0] ?? ''));
  }

  async function load(path: string): Promise<KeptResult | undefined> {
    try {
      return keptResultSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    } catch {
      return undefined;
    }
  }

  return {
    async knows(definition) {
      const group = groupOf(definition);
      const listing = groups.get(group) ?? definitionsIn(group);
      groups.set(group, listing);
      return (await listing).has(definition);
    },
    async read({ definition, inputs }) {
      const path = join(groupOf(definition), `${definition}-${inputs}.json`);
      const result = await load(path);
      const now = new Date();
      // One that is being pruned is not there.
      const isThere = await utimes(path, now, now).then(
        () => true,
        () => false,
      );
      return isThere ? result : undefined;
    },
    async readAll(definition) {
      const group = groupOf(definition);
      const names = (await readdir(group).catch(() => [])).filter((name) => name.startsWith(`${definition}-`));
      const found = await Promise.all(names.map((name) => load(join(group, name))));
      return found.filter((result) => result !== undefined);
    },
    async write({ definition, inputs }, result) {
      const group = groupOf(definition);
      await mkdir(group, { recursive: true, mode: 0o700 });
      await writeWhole(join(group, `${definition}-${inputs}.json`), JSON.stringify(result));
    },
  };
}
