import { codeOf, type MailboxFileSystem } from './file-system.ts';

/** Resolves when a folder's list of names is on the disk; a folder that is gone has none. */
export async function syncFolder(fileSystem: MailboxFileSystem, folder: string): Promise<void> {
  let descriptor: number;
  try {
    descriptor = fileSystem.openFolder(folder);
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
