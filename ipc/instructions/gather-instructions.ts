/**
 * The instructions of one folder: its AGENTS.md and CLAUDE.md with what they import. Called by the coordinator for the
 * top of the repository and by agents for folders they come to. Promise: every file counts once, imports go five deep,
 * and the whole is no longer than the limit.
 */
import { posix } from 'node:path';
import { findImports } from './find-imports.ts';

/** Texts of files, by paths relative to the repository's top; undefined for what is no text file there. */
export type ReadTexts = (paths: readonly string[]) => Promise<(string | undefined)[]>;

export interface Instructions {
  text: string;
  /** Of all that is in it. */
  paths: string[];
}

const names = ['AGENTS.md', 'CLAUDE.md'];
const deepestImport = 5;
const mostFiles = 100;

/** `folder` is relative to the top, `.` for the top itself. Undefined where it has none. */
export async function gatherInstructions(
  folder: string,
  read: ReadTexts,
  limitBytes: number,
): Promise<Instructions | undefined> {
  const paths = names.map((name) => posix.join(folder, name));
  const texts = await read(paths);
  const given = paths.flatMap((path, index) => {
    const text = texts[index]?.trim() ?? '';
    return text === '' ? [] : [{ path, text }];
  });
  const [first, second] = given;
  if (first === undefined) return undefined;
  const one = await withImports(first, read, new Set());
  const two = second === undefined ? [] : await withImports(second, read, new Set());
  const has = (parts: readonly Part[], path: string | undefined): boolean => parts.some((part) => part.path === path);
  // One of them is often nothing but an import of the other, a symbolic link to it or a copy of it.
  const isOne = second === undefined || second.text === first.text || has(one, second.path);
  const parts = isOne ? one : has(two, first.path) ? two : [...one, ...two.filter(({ path }) => !has(one, path))];
  return {
    text: cut(parts.map((part) => shown(part, parts.length === 1)).join('\n\n'), limitBytes),
    paths: parts.map(({ path }) => path),
  };
}

interface Part {
  path: string;
  text: string;
  importedBy?: string;
}

async function withImports(start: Part, read: ReadTexts, seen: Set<string>): Promise<Part[]> {
  const parts: Part[] = [start];
  seen.add(start.path);
  let level: Part[] = [start];
  for (let depth = 1; depth <= deepestImport && level.length > 0; depth += 1) {
    const wanted = level.flatMap(({ path, text }) =>
      findImports(text, posix.dirname(path)).map((candidates) => ({ candidates, importedBy: path })),
    );
    const candidates = [...new Set(wanted.flatMap((one) => one.candidates))].filter((path) => !seen.has(path));
    const texts = candidates.length === 0 ? [] : await read(candidates.slice(0, mostFiles));
    const textOf = new Map(candidates.map((path, index) => [path, texts[index]?.trim() ?? '']));
    level = [];
    for (const one of wanted) {
      const path = one.candidates.find((candidate) => textOf.get(candidate));
      if (path === undefined || seen.has(path) || parts.length >= mostFiles) continue;
      seen.add(path);
      level.push({ path, text: textOf.get(path) ?? '', importedBy: one.importedBy });
    }
    parts.push(...level);
  }
  return parts;
}

function shown({ path, text, importedBy }: Part, isAlone: boolean): string {
  if (isAlone) return text;
  return `From ${path}${importedBy === undefined ? '' : `, imported by ${importedBy}`}:\n\n${text}`;
}

function cut(text: string, limitBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= limitBytes) return text;
  const note = `\n\n(Cut here: the instructions are longer than ${limitBytes} bytes.)`;
  // A character that is cut in two is left out.
  return `${bytes
    .subarray(0, limitBytes - note.length)
    .toString()
    .replace(/\uFFFD+$/, '')}${note}`;
}
