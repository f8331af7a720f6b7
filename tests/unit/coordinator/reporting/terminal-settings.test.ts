import { PassThrough } from 'node:stream';
import { WriteStream } from 'node:tty';
import { describe, expect, it } from 'vitest';
import { createPaint } from '../../../../coordinator/reporting/paint.ts';
import { type TerminalStream, terminalSettings } from '../../../../coordinator/reporting/terminal-settings.ts';

function terminal(): TerminalStream {
  const { getColorDepth } = WriteStream.prototype;
  return Object.assign(new PassThrough(), { isTTY: true, getColorDepth });
}

const utf8 = { TERM: 'xterm-256color', LANG: 'en_US.UTF-8' };

describe('terminalSettings', () => {
  it.each([
    ['a terminal', true, utf8, { color: true, live: true, unicode: true }],
    ['a pipe', false, utf8, { color: false, live: false, unicode: true }],
    ['NO_COLOR', true, { ...utf8, NO_COLOR: '1' }, { color: false, live: true, unicode: true }],
    ['an empty NO_COLOR', true, { ...utf8, NO_COLOR: '' }, { color: true, live: true, unicode: true }],
    ['FORCE_COLOR on a pipe', false, { ...utf8, FORCE_COLOR: '1' }, { color: true, live: false, unicode: true }],
    ['FORCE_COLOR=0', true, { ...utf8, FORCE_COLOR: '0' }, { color: false, live: true, unicode: true }],
    [
      'FORCE_COLOR and NO_COLOR',
      true,
      { ...utf8, FORCE_COLOR: '1', NO_COLOR: '1' },
      { color: true, live: true, unicode: true },
    ],
    ['TERM=dumb', true, { ...utf8, TERM: 'dumb' }, { color: false, live: false, unicode: true }],
    ['CI', true, { ...utf8, CI: 'true', TERM: 'xterm' }, { color: false, live: false, unicode: true }],
    ['the C locale', true, { TERM: 'xterm', LANG: 'C' }, { color: true, live: true, unicode: false }],
    [
      'LC_ALL over LANG',
      true,
      { TERM: 'xterm', LANG: 'C', LC_ALL: 'C.utf8' },
      { color: true, live: true, unicode: true },
    ],
  ])('with %s', (_what, isTerminal, environment, expected) => {
    const stream = isTerminal ? terminal() : new PassThrough();
    expect(terminalSettings(stream, environment)).toEqual(expected);
  });
});

describe('createPaint', () => {
  it('writes sequences only where there is colour', () => {
    expect(createPaint(true)('red', 'x')).toBe('\u001b[31mx\u001b[39m');
    expect(createPaint(false)('red', 'x')).toBe('x');
  });
});
