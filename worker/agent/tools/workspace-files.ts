/**
 * Reads and writes regular files for the Read, Write and Edit tools, and remembers in which state the agent has seen
 * each, so that nothing it has not seen is overwritten. Synchronous: for the small files of a source tree that costs a
 * fifth of the processor time of the promise API, and blocks for less than its overhead.
 */
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  type Stats,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { messageOf } from '../../../tasks/index.ts';

export const longestFileBytes = 10_000_000;

type FileContent = { kind: 'text'; text: string } | { kind: 'missing' } | { kind: 'refused'; problem: string };

export interface WorkspaceFiles {
  /** Strict: text that is not UTF-8 is refused, since writing it back would change it. */
  read(absolute: string, shown: string): FileContent;
  /** Creates folders as needed and keeps the mode of an existing file. Undefined on success, else what went wrong. */
  write(absolute: string, shown: string, text: string): string | undefined;
  /** Count the file as read in the state it is in. */
  see(absolute: string, shown: string): void;
  /** Why an existing file may not be changed now, or undefined. */
  unseen(absolute: string, shown: string): string | undefined;
}

// A pipe or device must not block the thread when it is opened.
const openFlags = constants.O_NOFOLLOW | constants.O_NONBLOCK;

export function createWorkspaceFiles(): WorkspaceFiles {
  const seen = new Map<string, string>();
  return {
    read(absolute, shown) {
      return withFile(absolute, constants.O_RDONLY, shown, (file, stats) => {
        const content = contentOf(file, stats, shown);
        if (content.kind === 'text') seen.set(absolute, stateOf(stats));
        return content;
      });
    },
    write(absolute, shown, text) {
      const noFolder = makeFolder(dirname(absolute), shown);
      if (noFolder !== undefined) return noFolder;
      const result = withFile(absolute, constants.O_WRONLY | constants.O_CREAT, shown, (file) => {
        ftruncateSync(file);
        const bytes = Buffer.from(text);
        for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
        seen.set(absolute, stateOf(fstatSync(file)));
        return { kind: 'text', text };
      });
      if (result.kind === 'text') return undefined;
      return result.kind === 'refused' ? result.problem : `${shown} could not be created.`;
    },
    see(absolute, shown) {
      withFile(absolute, constants.O_RDONLY, shown, (_, stats) => {
        seen.set(absolute, stateOf(stats));
        return { kind: 'text', text: '' };
      });
    },
    unseen(absolute, shown) {
      const known = seen.get(absolute);
      const now = withFile(absolute, constants.O_RDONLY, shown, (_, stats) => ({ kind: 'text', text: stateOf(stats) }));
      if (now.kind === 'missing') return undefined;
      if (now.kind === 'refused') return now.problem;
      if (known === undefined) return `${shown} has not been read yet. Read it first, then change it.`;
      return known === now.text ? undefined : `${shown} has changed since it was read. Read it again, then change it.`;
    },
  };
}

function withFile(
  absolute: string,
  flags: number,
  shown: string,
  use: (file: number, stats: Stats) => FileContent,
): FileContent {
  let file: number | undefined;
  try {
    file = openSync(absolute, flags | openFlags, 0o666);
    const stats = fstatSync(file);
    if (stats.isDirectory()) return refuse(`${shown} is a folder.`);
    if (!stats.isFile()) return refuse(`${shown} is not a regular file.`);
    return use(file, stats);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return { kind: 'missing' };
    if (code === 'EISDIR') return refuse(`${shown} is a folder.`);
    if (code === 'ELOOP') return refuse(`path-outside-workspace: ${shown} has become a symlink.`);
    if (typeof code === 'string') return refuse(`${shown} could not be opened: ${code}.`);
    throw error;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function makeFolder(path: string, shown: string): string | undefined {
  try {
    mkdirSync(path, { recursive: true });
    return undefined;
  } catch (error) {
    return `The folder of ${shown} could not be created: ${messageOf(error)}.`;
  }
}

function refuse(problem: string): FileContent {
  return { kind: 'refused', problem };
}

function contentOf(file: number, stats: Stats, shown: string): FileContent {
  if (stats.size > longestFileBytes) {
    return refuse(`${shown} is too large to read (${stats.size} bytes). Search it with Grep.`);
  }
  const bytes = Buffer.allocUnsafe(stats.size);
  let length = 0;
  for (let read = -1; read !== 0 && length < bytes.length; length += read) {
    read = readSync(file, bytes, length, bytes.length - length, length);
  }
  const content = bytes.subarray(0, length);
  if (content.includes(0)) return refuse(`${shown} is a binary file (${stats.size} bytes); it can't be shown as text.`);
  try {
    return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content) };
  } catch {
    return refuse(`${shown} is not UTF-8 text (${stats.size} bytes); it can't be read or changed with these tools.`);
  }
}

function stateOf(stats: Stats): string {
  return `${stats.mtimeMs} ${stats.size} ${stats.ino}`;
}
