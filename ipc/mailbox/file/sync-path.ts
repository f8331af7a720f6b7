import { codeOf, type MailboxFileSystem } from './file-system.ts';

/** Resolves when a file's content, or a folder's list of names, is on the disk; what is gone has none. */
export async function syncPath(fileSystem: MailboxFileSystem, path: string): Promise<void> {
  let descriptor: number;
  try {
    descriptor = fileSystem.openToSync(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  try {
    await fileSystem.sync(descriptor);
  } finally {
    fileSystem.close(descriptor);
  }
}
