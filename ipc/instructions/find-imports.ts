/**
 * Paths that a Markdown text imports with `@path`, as Claude Code reads them: after white space or at the start of a
 * line, not in code. Relative to the repository's top; what lies outside it, in a home folder or at an absolute path is
 * left out. Each with the path alone and, where it ends with punctuation, without that.
 */
import { posix } from 'node:path';

/** `folder` is that of the text, relative to the top, `.` for the top itself. */
export function findImports(text: string, folder: string): string[][] {
  const found: string[][] = [];
  for (const [, written = ''] of withoutCode(text).matchAll(/(?:^|\s)@((?:[^\s\\]|\\ )+)/gm)) {
    const path = written.replaceAll('\\ ', ' ');
    const candidates = [path, path.replace(/[.,;:!?)\]]+$/, '')].flatMap((name) => resolved(name, folder) ?? []);
    if (candidates.length > 0) found.push([...new Set(candidates)]);
  }
  return found;
}

function resolved(path: string, folder: string): string | undefined {
  if (path === '' || path.startsWith('/') || path.startsWith('~') || /[\0\n\r\\]/.test(path)) return undefined;
  const joined = posix.join(folder, path);
  return joined === '.' || joined === '..' || joined.startsWith('../') || joined.endsWith('/') ? undefined : joined;
}

/** Without fenced and indented blocks and spans of code. */
function withoutCode(text: string): string {
  let fence: string | undefined;
  let before: 'blank' | 'text' | 'list' | 'code' = 'blank';
  let inList = false;
  const kept: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const mark = /^ {0,3}(?:[-*+>] +|\d+[.)] +)*\s*(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence !== undefined) {
      if (mark?.startsWith(fence) === true && line.trim() === mark) fence = undefined;
      continue;
    }
    if (mark !== undefined) {
      fence = mark;
      before = 'text';
      continue;
    }
    const isIndented = /^(?: {4}|\t)/.test(line);
    if (line.trim() === '') {
      if (before !== 'code') before = 'blank';
    } else if (isIndented && !inList && (before === 'blank' || before === 'code')) {
      before = 'code';
      continue;
    } else {
      const isItem = /^ {0,3}(?:[-*+]|\d+[.)])\s/.test(line);
      inList = isItem || (inList && (isIndented || /^\s/.test(line) || before !== 'blank'));
      before = 'text';
    }
    kept.push(line);
  }
  return kept.join('\n').replaceAll(/(?<!`)(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, ' ');
}
