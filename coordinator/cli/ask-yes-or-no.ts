/**
 * Asks a person at the terminal, with one key. Called for one question at a time. Promise: nothing but a lone y (and
 * Enter) is a yes; what was typed before the question stood there counts for nothing; the terminal is given back between questions,
 * and Ctrl-C and Ctrl-Z do what they always do.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { View } from '../reporting/view.ts';
import type { CommandContext } from './command-context.ts';
import { isInForeground } from './is-in-foreground.ts';
import { readKey } from './read-key.ts';

export interface AskOptions {
  /** A whole line that comes in one piece is an answer too, as scripts send it: yes, and else no. Default: it is passed over. */
  takesLines?: boolean;
}

export interface Terminal extends Pick<CommandContext, 'stdin' | 'stderr'> {
  view: View;
}

/** Nobody reads a question and answers it in less. */
const typedAheadMs = 250;
const lookAgainMs = 500;

/** `question` is one line. Rejects when the signal aborts, and when the terminal is gone. */
export async function askYesOrNo(
  question: string,
  { stdin, stderr, view }: Terminal,
  signal: AbortSignal,
  { takesLines = false }: AskOptions = {},
): Promise<boolean> {
  for (;;) {
    // A job in the background that touches its terminal would be stopped, and the run with it.
    while (!isInForeground()) await sleep(lookAgainMs, undefined, { signal });
    const inView = view.ask(question);
    if (!inView) stderr.write(`${question} [y/N] `);
    let key: string | undefined;
    try {
      key = await readKey(stdin, { ignoreForMs: typedAheadMs, keyOf: takesLines ? keyOfLine : keyOf, signal });
    } finally {
      if (inView) view.ask(undefined);
      else stderr.write(`${key !== undefined && /[yn]/i.test(key) ? key : ''}\n`);
    }
    if (key !== undefined) return /^y$/i.test(key);
  }
}

/** Undefined for other keys, and for pasted text. */
function keyOf(typed: string): string | undefined {
  return /^(?:[yn](?:\r\n|\r|\n)?|[\r\n\u0004])$/i.exec(typed)?.[0].charAt(0);
}

function keyOfLine(typed: string): string | undefined {
  if (/^yes(?:\r\n|\r|\n)$/i.test(typed)) return 'y';
  return keyOf(typed) ?? (/[\r\n]$/.test(typed) ? 'n' : undefined);
}
