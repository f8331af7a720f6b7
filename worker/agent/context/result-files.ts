/**
 * Results of an agent's tools that are kept whole, one file each, in the folder of its attempt. Called by
 * keep-result.ts and make-room.ts, and read through the handle `result:<id>` by the tools Read and Grep. Promise:
 * readable by the owner only, without the values of secret variables, and no more than a bound in all.
 */
import { linkSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from '../../../ipc/index.ts';
import { longestFileBytes } from '../tools/workspace-files.ts';

export interface ResultFiles {
  /** Keep what the call `id` gave. False where it is not: too much, an id that is no name, a full disk. */
  keep(id: string, content: string): Promise<boolean>;
  /** The file that a handle names, whether it is there or not; undefined for what is no handle. */
  find(handle: string): { folder: string; name: string } | undefined;
}

const mostBytes = 100_000_000;
const handle = /^result:([A-Za-z0-9_-]{1,128})$/;

/** Undefined for an id that could name something else. */
export function handleOf(id: string): string | undefined {
  const written = `result:${id}`;
  return handle.test(written) ? written : undefined;
}

/** `folder` is made when it is needed. */
export function createResultFiles(
  folder: string,
  secrets: readonly { name: string; value: string }[] = [],
): ResultFiles {
  let stored: number | undefined;
  const pathOf = (id: string): string => join(folder, `${id}.txt`);
  return {
    async keep(id, content) {
      if (handleOf(id) === undefined) return false;
      const text = secrets.reduce(
        (kept, { name, value }) => kept.replaceAll(value, () => `[value of ${name}]`),
        content,
      );
      const bytes = Buffer.byteLength(text);
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        stored ??= bytesIn(folder);
        if (bytes > longestFileBytes || stored + bytes > mostBytes) return false;
        await writeWhole(pathOf(id), text);
        stored += bytes;
        return true;
      } catch {
        // The agent can do without: it makes the call again.
        return false;
      }
    },
    find(written) {
      const id = handle.exec(written)?.[1];
      return id === undefined ? undefined : { folder, name: `${id}.txt` };
    },
  };
}

/** Of an attempt, by its folder. */
export function resultFolder(logFolder: string): string {
  return join(logFolder, 'results');
}

/** The agent of one attempt goes on in another: it finds what it had. Files never change, so both may have them. */
export function takeOverResults(from: string, to: string): void {
  const [source, target] = [resultFolder(from), resultFolder(to)];
  try {
    const names = readdirSync(source);
    mkdirSync(target, { recursive: true, mode: 0o700 });
    for (const name of names) linkSync(join(source, name), join(target, name));
  } catch {
    // A handle whose file is not there is answered as such.
  }
}

function bytesIn(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}
