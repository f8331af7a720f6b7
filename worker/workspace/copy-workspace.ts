import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { cp, lstat, mkdir, readdir, readFile, realpath, rename, rm } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { contentHash, fileHash, type StateFolder, writeFolderChanges } from '../../ipc/index.ts';
import { diskFiles } from './disk-files.ts';
import type { Workspace } from './workspace.ts';

const leftOut = new Set(['.git', '.fanfold']);

/**
 * `workspace: copy`: a copy of the folder, for work outside git. Changed files are recorded in the attempt's folder
 * and applied to the original by the coordinator when the outcome is accepted.
 */
export async function openCopyWorkspace(folder: string, state: StateFolder, attempt: string): Promise<Workspace> {
  const copy = join(state.workspaces, `copy-${randomBytes(6).toString('hex')}`);
  await mkdir(state.workspaces, { recursive: true, mode: 0o700 });
  await mkdir(copy, { mode: 0o700 });
  for (const name of await readdir(folder)) {
    if (leftOut.has(name)) continue;
    await cp(join(folder, name), join(copy, name), {
      recursive: true,
      verbatimSymlinks: true,
      preserveTimestamps: true,
      mode: constants.COPYFILE_FICLONE,
    });
  }
  const before = await fingerprints(copy);
  const root = await realpath(copy);
  return {
    root,
    files: diskFiles(root),
    forChecks: async () => root,
    async snapshot() {
      const after = await fingerprints(copy);
      const suspects = [...new Set([...before.keys(), ...after.keys()])].filter(
        (path) => before.get(path) !== after.get(path),
      );
      const changes = [];
      for (const path of suspects.sort()) {
        const content = after.has(path) ? await readFile(join(copy, path)) : undefined;
        const hash = content === undefined ? null : contentHash(content);
        const original = before.has(path) ? await fileHash(join(folder, path)) : null;
        const mode = content === undefined ? 0o644 : (await lstat(join(copy, path))).mode & 0o777;
        if (hash !== original) changes.push({ path, before: original, after: hash, mode, content });
      }
      await writeFolderChanges(attempt, changes);
      return { changedFiles: changes.map(({ path }) => path) };
    },
    async [Symbol.asyncDispose]() {
      const grave = join(state.trash, randomBytes(8).toString('hex'));
      await mkdir(state.trash, { recursive: true, mode: 0o700 });
      await rename(copy, grave);
      await rm(grave, { recursive: true, force: true });
    },
  };
}

/** Path → size and time of change of every regular file; what differs may have changed. */
async function fingerprints(root: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const { size, mtimeMs, ctimeMs, mode } = await lstat(path);
    found.set(relative(root, path).split(sep).join('/'), `${size} ${mtimeMs} ${ctimeMs} ${mode}`);
  }
  return found;
}
