import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';

/** Write a file so that readers see the old content or the new, never a part. Throws errors of the file system. */
export async function writeAtomically(path: string, content: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
