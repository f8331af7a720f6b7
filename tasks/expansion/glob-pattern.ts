/**
 * Globs of task files: `*`, `?`, `**`, `{a,b}`, `[a-z]`, relative to the repository, names that begin with a dot
 * included, a backslash escaping the next character; everything else, parentheses too, is what it is. A path written
 * like the pattern matches as well, so that `app/[id]/page.tsx` finds the file of that name. Patterns and paths may
 * come from anywhere: matching takes polynomial time at worst.
 */
import { normalizePattern } from '../task-file/path-rules.ts';
import { expandBraces } from './expand-braces.ts';
import { compileSegment } from './glob-segment.ts';

export type PathTest = (path: string) => boolean;
type Segment = PathTest | '**';

const magic = /(^|[^\\])(\\\\)*[*?[{]/;

/** One pattern without a leading `!`. One with more than 1,000 brace alternatives matches only literally. */
export function compilePattern(pattern: string): PathTest {
  const normal = normalizePattern(pattern);
  const written = unescapeGlob(normal);
  if (!hasMagic(normal)) return (path) => path === written;
  const prefix = literalPrefix(normal);
  const alternatives = (expandBraces(normal) ?? []).map(compileSegments);
  return (path) => {
    if (!path.startsWith(prefix)) return false;
    if (path === normal) return true;
    const names = path.split('/');
    return alternatives.some((segments) => matches(segments, names));
  };
}

/** True when the pattern can match anything but one path. */
export function hasMagic(pattern: string): boolean {
  return magic.test(pattern);
}

/** The folders a pattern begins with before its first part with magic: `a/b/` of `a/b/*.js`; may be empty. */
export function literalPrefix(pattern: string): string {
  const parts = pattern.split('/');
  const first = parts.findIndex(hasMagic);
  const folders = first === -1 ? parts.slice(0, -1) : parts.slice(0, first);
  return folders.map((part) => `${unescapeGlob(part)}/`).join('');
}

/** A text as a pattern that matches exactly it. */
export function escapeGlob(text: string): string {
  return text.replace(/[\\*?[\]{},!]/g, '\\$&');
}

export function unescapeGlob(pattern: string): string {
  return pattern.replace(/\\(.)/gs, '$1');
}

/** A trailing `**` stands for at least one name, elsewhere for any number of folders. */
function compileSegments(pattern: string): Segment[] {
  const parts = pattern.split('/');
  if (parts.at(-1) === '**') parts.push('*');
  return parts.map((part) => (part === '**' ? part : compileSegment(part)));
}

function matches(segments: readonly Segment[], names: readonly string[]): boolean {
  let segment = 0;
  let name = 0;
  let starSegment = -1;
  let starName = 0;
  while (name < names.length || segment < segments.length) {
    const current = segments[segment];
    if (current === '**') {
      starSegment = segment;
      starName = name;
      segment += 1;
    } else if (current !== undefined && name < names.length && current(names[name] ?? '')) {
      segment += 1;
      name += 1;
    } else {
      if (starSegment === -1 || starName >= names.length) return false;
      starName += 1;
      name = starName;
      segment = starSegment + 1;
    }
  }
  return true;
}
