import type { Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const blockBytes = 512;

/** Bytes that a file or folder takes on disk; links are not followed, and a file with several names counts once. */
export async function diskUsage(path: string): Promise<number> {
  const seen = new Set<string>();
  const measure = async (place: string): Promise<number> => {
    const found = await lstat(place).catch(() => undefined);
    if (found === undefined || isKnown(found, seen)) return 0;
    let bytes = (found.blocks ?? 0) * blockBytes;
    if (!found.isDirectory()) return bytes;
    for (const name of await readdir(place).catch(() => [])) bytes += await measure(join(place, name));
    return bytes;
  };
  return measure(path);
}

function isKnown(found: Stats, seen: Set<string>): boolean {
  if (found.isDirectory() || found.nlink === 1) return false;
  const key = `${found.dev}:${found.ino}`;
  if (seen.has(key)) return true;
  seen.add(key);
  return false;
}
