/**
 * The files of a folder by their contents, for work outside a git tree. Called by input-digests.ts. Promise: what would
 * take long to read (many or large files) is not read, and then nothing is known.
 */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import PQueue from 'p-queue';
import { type Repository, readFileState, runGit } from '../../ipc/index.ts';
import { isStatePath, literalStart } from '../../tasks/index.ts';
import { createFileSet, type FileChoice, type FileSet } from './file-set.ts';

const maximumFiles = 20_000;
const maximumBytes = 256 * 1024 * 1024;
const filesAtOnce = 16;

/** Contents that were read once, by the marks of a file that change with them. */
export type KnownContents = Map<string, { marks: string; state: string }>;

export interface FolderFiles extends FileSet {
  /** Milliseconds since the epoch: when the newest of the files was last changed in any way. */
  changedAt(paths: readonly string[]): number;
}

/** Undefined where there are too many files, or too large ones. Below its `.git` and every `.fanfold` nothing is looked at. */
export async function folderFiles(
  { folder, repository }: { folder: string; repository: Repository | undefined },
  choices: readonly FileChoice[],
  known: KnownContents,
): Promise<FolderFiles | undefined> {
  const paths = new Set<string>();
  for (const choice of choices) if (!(await addPaths(folder, repository, choice, paths))) return undefined;
  const files = new Map<string, string>();
  const changes = new Map<string, number>();
  let bytes = 0;
  const queue = new PQueue({ concurrency: filesAtOnce });
  await queue.addAll(
    [...paths].map((path) => async () => {
      const found = await lstat(join(folder, path), { bigint: true }).catch(() => undefined);
      if (found === undefined || found.isDirectory()) return;
      bytes += Number(found.size);
      if (bytes > maximumBytes) return;
      const marks = `${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs} ${found.mode}`;
      const before = known.get(path);
      const state = before?.marks === marks ? before.state : JSON.stringify(await readFileState(join(folder, path)));
      known.set(path, { marks, state });
      files.set(path, state);
      changes.set(path, Number(found.ctimeMs));
    }),
  );
  if (bytes > maximumBytes) return undefined;
  return {
    ...createFileSet(files),
    changedAt: (chosen) => chosen.reduce((latest, path) => Math.max(latest, changes.get(path) ?? 0), 0),
  };
}

/** False when there are too many. */
async function addPaths(
  folder: string,
  repository: Repository | undefined,
  choice: FileChoice,
  found: Set<string>,
): Promise<boolean> {
  if (choice.kind !== 'all') {
    const patterns = choice.kind === 'globs' ? choice.globs : choice.patterns;
    for (const pattern of patterns) {
      if (!pattern.startsWith('!') && !(await collect(folder, literalStart(pattern), found))) return false;
    }
    return true;
  }
  if (repository === undefined) return collect(folder, '', found);
  // What git ignores (build output, dependencies) is no input.
  const { stdout } = await runGit(['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: folder });
  for (const path of stdout.toString().split('\0')) if (path !== '') found.add(path);
  return found.size <= maximumFiles;
}

/** Files and links at or below a path (relative, a slash at its end or not); false when there are too many. */
async function collect(folder: string, path: string, found: Set<string>): Promise<boolean> {
  const place = path.replace(/\/$/, '');
  if (isStatePath(place) || place.toLowerCase() === '.git') return true;
  const kind = await lstat(join(folder, place)).catch(() => undefined);
  if (kind === undefined) return true;
  if (!kind.isDirectory()) {
    if (kind.isFile() || kind.isSymbolicLink()) found.add(place);
    return found.size <= maximumFiles;
  }
  for (const name of await readdir(join(folder, place))) {
    if (!(await collect(folder, place === '' ? name : `${place}/${name}`, found))) return false;
  }
  return true;
}
