import type { Writable } from 'node:stream';

/** What of a stream's terminal matters here; process.stdout and process.stderr have it. */
export type TerminalStream = Writable & {
  isTTY?: boolean;
  columns?: number;
  rows?: number;
  getColorDepth?: (environment?: object) => number;
};

export interface TerminalSettings {
  /** Colour sequences may be written. */
  color: boolean;
  /** The cursor may be moved: a terminal that understands it, with a person in front of it. */
  live: boolean;
  /** Characters outside ASCII are shown as they are. */
  unicode: boolean;
}

/**
 * What a stream can show. FORCE_COLOR (0 or false: off) is stronger than NO_COLOR, as in Node itself; TERM=dumb and CI
 * mean plain lines.
 */
export function terminalSettings(stream: TerminalStream, environment: NodeJS.ProcessEnv): TerminalSettings {
  const terminal = stream.isTTY === true;
  return {
    color: hasColor(stream, environment),
    live: terminal && environment['TERM'] !== 'dumb' && !isUnattended(environment),
    unicode: hasUnicode(environment),
  };
}

/** In CI nobody sits at a terminal, even if there is one. */
export function isUnattended({ CI }: NodeJS.ProcessEnv): boolean {
  return !isOff(CI);
}

function hasColor(stream: TerminalStream, environment: NodeJS.ProcessEnv): boolean {
  const force = environment['FORCE_COLOR'];
  if (force !== undefined) return ['', '1', '2', '3', 'true'].includes(force);
  if (environment['NO_COLOR'] || environment['TERM'] === 'dumb') return false;
  // Node 20 takes an empty NO_COLOR for a set one; by https://no-color.org it is not.
  return stream.isTTY === true && (stream.getColorDepth?.({ ...environment, NO_COLOR: undefined }) ?? 1) > 1;
}

function hasUnicode(environment: NodeJS.ProcessEnv): boolean {
  if (environment['TERM'] === 'linux') return false;
  const locale = environment['LC_ALL'] || environment['LC_CTYPE'] || environment['LANG'];
  return locale === undefined || locale === '' ? process.platform !== 'linux' : /utf-?8/i.test(locale);
}

function isOff(value: string | undefined): boolean {
  return value === undefined || value === '' || value === '0' || value === 'false';
}
