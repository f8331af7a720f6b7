import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readlink } from 'node:fs/promises';
import { z } from 'zod';

export const fileStateSchema = z.discriminatedUnion('kind', [
  /** `hash`: SHA-256 of the content. `mode`: permission bits. */
  z.strictObject({ kind: z.literal('file'), hash: z.string(), mode: z.int().min(0).max(0o777) }),
  z.strictObject({ kind: z.literal('link'), target: z.string() }),
]);

/** What a path holds, as far as a change of a folder can tell of it. */
export type FileState = z.infer<typeof fileStateSchema>;

/** Null where there is neither a regular file nor a symbolic link. Links are not followed. */
export async function readFileState(path: string): Promise<FileState | null> {
  try {
    const found = await lstat(path);
    if (found.isSymbolicLink()) return { kind: 'link', target: await readlink(path) };
    if (!found.isFile()) return null;
    return { kind: 'file', hash: await fileHash(path), mode: found.mode & 0o777 };
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}

export function sameFileState(left: FileState | null, right: FileState | null): boolean {
  if (left === null || right === null) return left === right;
  if (left.kind === 'link') return right.kind === 'link' && left.target === right.target;
  return right.kind === 'file' && left.hash === right.hash && left.mode === right.mode;
}

async function fileHash(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) hash.update(chunk);
  return hash.digest('hex');
}
