import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunFolder, sweepMailboxBells } from '../../ipc/index.ts';

/** Names that something has only while it is written. */
const unfinished = /^scratch-[0-9a-f]+$|^staged-[a-zA-Z0-9]{6}$|\.tmp$/;
/** Folders that may hold such things, `*` for every folder there is. */
const places = [
  [],
  ['subtasks', '*', '*'],
  ['subtasks', '*', '*', 'changes'],
  ['subtasks', '*', '*', 'helpers', '*'],
  ['gates', '*'],
];

/** Absolute paths of what writers that were killed left half done in the folder of a run that nobody works on. */
export async function findRunLeftovers({ root }: RunFolder): Promise<string[]> {
  const found: string[] = [];
  for (const place of places) {
    for (const folder of await foldersAt(root, place)) {
      for (const { name } of await entriesIn(folder)) if (unfinished.test(name)) found.push(join(folder, name));
    }
  }
  return found;
}

/** Remove them, and the doorbells of dead processes. */
export async function removeRunLeftovers(run: RunFolder): Promise<void> {
  for (const path of await findRunLeftovers(run)) await rm(path, { recursive: true, force: true });
  sweepMailboxBells(run.mailbox);
}

/** Symbolic links are not followed. */
async function foldersAt(root: string, place: readonly string[]): Promise<string[]> {
  let folders = [root];
  for (const step of place) {
    const below = await Promise.all(
      folders.map(async (folder) => {
        const entries = await entriesIn(folder);
        return entries
          .filter((entry) => entry.isDirectory() && (step === '*' || entry.name === step))
          .map(({ name }) => join(folder, name));
      }),
    );
    folders = below.flat();
  }
  return folders;
}

async function entriesIn(folder: string) {
  return readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
}
