/**
 * The transcript of one attempt: one JSON object a line, in the order of the conversation, appended before the agent
 * goes on, so that a killed agent leaves every finished turn. The first line has `type: start` and the prompt's layers,
 * all others `type: message`. Values of secret environment variables are replaced before they reach the disk.
 */
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import type { Usage } from '../../tasks/index.ts';
import type { Message } from './model/model.ts';
import type { PromptLayers } from './prompt/layers.ts';

interface TranscriptStart {
  type: 'start';
  version: 1;
  /** ISO 8601. */
  time: string;
  model: string;
  layers: PromptLayers;
  /** Names, in order. */
  tools: string[];
}

interface TranscriptMessage {
  type: 'message';
  time: string;
  /** From 1; the opening message has 0. A user message belongs to the turn whose calls it answers. */
  turn: number;
  message: Message;
  stopReason?: string | null;
  usage?: Usage;
}

/** A line before it is stamped with its time. */
type TranscriptEntry = Omit<TranscriptStart, 'time'> | Omit<TranscriptMessage, 'time'>;

export interface Transcript {
  append(entry: TranscriptEntry): void;
}

/** Appends to `path`, readable by its owner only. Throws what opening and writing a file throw. */
export function openTranscript(
  path: string,
  secrets: readonly { name: string; value: string }[] = [],
): Transcript & Disposable {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;
  const file = openSync(path, flags, 0o600);
  const replacements = secrets.map(({ name, value }) => ({
    written: JSON.stringify(value).slice(1, -1),
    by: `[value of ${name}]`,
  }));
  return {
    append(entry) {
      let line = JSON.stringify({ ...entry, time: new Date().toISOString() });
      for (const { written, by } of replacements) if (line.includes(written)) line = line.replaceAll(written, by);
      writeSync(file, `${line}\n`);
    },
    [Symbol.dispose]: () => closeSync(file),
  };
}

/** For agents that are run from code and need no record. */
export const noTranscript: Transcript = { append: () => undefined };
