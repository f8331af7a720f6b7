/**
 * The lines at the bottom of a terminal that are drawn again and again, with ordinary output going on above them.
 * Called by live-view. Promise: nothing but these lines is ever overwritten, and clear() leaves no trace of them.
 */
import { stripVTControlCharacters } from 'node:util';
import { displayWidth } from './display-width.ts';

export interface LiveRegion {
  /** Replace the region's lines, after writing lines above it that stay. */
  draw(lines: readonly string[], above?: readonly string[]): void;
  /** Remove the region; the cursor stands where its first line was. */
  clear(): void;
  /** Forget the region without touching it, because something else has written to the terminal since. */
  forget(): void;
}

const up = (rows: number) => (rows > 0 ? `\u001b[${rows}A` : '');
const eraseLine = '\u001b[K';
const eraseBelow = '\u001b[J';
/** Without wrapping, a line that a terminal draws wider than expected can't shift the lines below it. */
const wrapOff = '\u001b[?7l';
const wrapOn = '\u001b[?7h';
/** Terminals that know synchronised updates show each change whole; others ignore it. */
const updateStart = '\u001b[?2026h';
const updateEnd = '\u001b[?2026l';

export function createLiveRegion(write: (text: string) => void, columns: () => number): LiveRegion {
  let shown: readonly string[] = [];

  /** Terminals wrap lines anew when they get narrower, so the region may be taller than when it was drawn. */
  const toTop = () => {
    const width = Math.max(1, columns());
    const rows = shown.map((line) => Math.max(1, Math.ceil(displayWidth(stripVTControlCharacters(line)) / width)));
    return `\r${up(rows.reduce((sum, count) => sum + count, 0) - 1)}`;
  };
  return {
    draw(lines, above = []) {
      // What stays may wrap, so that nothing of it is lost; the region must not. A region's line leaves the last column
      // free: there, erasing to the end of the line would take its last character.
      const stay = above.length > 0 ? `${eraseBelow}${above.map((line) => `${line}\n`).join('')}` : '';
      const live = lines.map((line) => line + eraseLine).join('\n');
      write(`${updateStart}${toTop()}${stay}${wrapOff}${live}${eraseBelow}${wrapOn}${updateEnd}`);
      shown = lines;
    },
    clear() {
      if (shown.length > 0) write(`${toTop()}${eraseBelow}`);
      shown = [];
    },
    forget() {
      shown = [];
    },
  };
}
