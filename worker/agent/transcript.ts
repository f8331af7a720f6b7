/**
 * The transcript of one attempt: one JSON object a line, in the order of the conversation, each appended before the
 * agent goes on, so that a killed agent leaves every finished turn, and of the last one every finished call. The
 * conversation begins with `type: start` and the prompt's layers. Values of secret environment variables are replaced
 * before they reach the disk; an agent that goes on from a transcript gets them replaced.
 */
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeWhole } from '../../ipc/index.ts';
import { FanfoldError, messageOf, type Usage } from '../../tasks/index.ts';
import type { Mail } from './mail.ts';
import type { Message } from './model/model.ts';
import type { PromptLayers } from './prompt/layers.ts';
import type { CallOutcome } from './tool-runner.ts';

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
  /** Of a reply: the model it is from, where that is another than the one the conversation began with. */
  model?: string;
  stopReason?: string | null;
  usage?: Usage;
  /** Of a reply: tokens of the prompt and the reply together. */
  contextTokens?: number;
  /** Of a reply: what was wrong with inputs of calls that could not be read. */
  malformed?: Readonly<Record<string, string>>;
  /** Messages of others that its content ends with. */
  mail?: Mail[];
  /** Its content ends with what keeps the work from being accepted: number of the repair round that begins here. */
  repair?: number;
}

/** A writing call is permitted, and executed next. */
interface TranscriptCallStart {
  type: 'call-start';
  time: string;
  turn: number;
  /** Of the tool_use block. */
  id: string;
}

interface TranscriptCallEnd {
  type: 'call-end';
  time: string;
  turn: number;
  id: string;
  /** What the model gets. */
  content: string;
  status: CallOutcome['status'];
  /** See CallOutcome. */
  unanswered?: true;
}

/** Results were taken out of what the model sees; the messages above keep them. */
interface TranscriptClear {
  type: 'clear';
  time: string;
  turn: number;
  /** Of the calls. */
  ids: readonly string[];
}

/** A summary was asked for. */
interface TranscriptCompact {
  type: 'compact';
  time: string;
  turn: number;
  /** Number of the first message, from 0, that the model still sees besides the opening one. */
  upTo: number;
  /** What it sees instead of those between; absent where no summary of use came. */
  summary?: string;
  /** What asking has cost. */
  usage: Usage;
}

/** An attempt was taken up here: what follows is written by another process. */
interface TranscriptResume {
  type: 'resume';
  time: string;
  /** What this attempt has used so far, whatever the lines before say. */
  usage: Usage;
  denials: number;
  /** Messages of others that earlier agents were shown in conversations that are not gone on from. */
  mail?: Mail[];
}

export type TranscriptLine =
  | TranscriptStart
  | TranscriptMessage
  | TranscriptCallStart
  | TranscriptCallEnd
  | TranscriptClear
  | TranscriptCompact
  | TranscriptResume;

type WithoutTime<Line> = Line extends unknown ? Omit<Line, 'time'> : never;

/** A line before it is stamped with its time. */
type TranscriptEntry = WithoutTime<TranscriptLine>;

export type MessageEntry = Omit<TranscriptMessage, 'time'>;

export interface Transcript {
  /** Throws FanfoldError `transcript-failed` for what can't be written, and then for all that comes after it. */
  append(entry: TranscriptEntry): void;
}

/** Appends to `path`, readable by its owner only. Throws what opening a file throws. */
export function openTranscript(
  path: string,
  secrets: readonly { name: string; value: string }[] = [],
): Transcript & Disposable {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;
  const file = openSync(path, flags, 0o600);
  const hide = hiding(secrets);
  let failure: FanfoldError | undefined;
  return {
    append(entry) {
      // Behind a line that was written in part, another would be no line either.
      if (failure !== undefined) throw failure;
      try {
        const line = Buffer.from(`${hide(lineOf(entry))}\n`);
        for (let written = 0; written < line.length; ) written += writeSync(file, line, written);
      } catch (error) {
        failure = unwritten(path, error);
        throw failure;
      }
    },
    [Symbol.dispose]: () => closeSync(file),
  };
}

function unwritten(path: string, cause: unknown): FanfoldError {
  return new FanfoldError({
    code: 'transcript-failed',
    message: `The transcript ${path} can't be written: ${messageOf(cause)}`,
    next: 'Make room on its disk, then go on from it: it is whole up to there.',
    cause,
  });
}

/**
 * Begin the transcript at `path` anew: with `lines`, which are a conversation to go on from or nothing, and how it was
 * taken up. It is another file than the one that was there: who still writes to that one writes to nobody.
 */
export async function replaceTranscript(
  path: string,
  lines: string,
  resume: Omit<TranscriptResume, 'type' | 'time'>,
): Promise<void> {
  // One that was stopped before it could put its own there must not do so later.
  for (const name of await readdir(dirname(path))) {
    if (name.endsWith('.tmp')) await rm(join(dirname(path), name), { force: true });
  }
  await writeWhole(path, `${lines}${resumeLine(resume)}`);
}

/** What the lines of who goes on begin with. */
export function resumeLine(resume: Omit<TranscriptResume, 'type' | 'time'>): string {
  return `${lineOf({ type: 'resume', ...resume })}\n`;
}

/** Replaces secrets in JSON text. */
export function hiding(secrets: readonly { name: string; value: string }[]): (json: string) => string {
  const replacements = secrets.map(({ name, value }) => ({
    written: JSON.stringify(value).slice(1, -1),
    by: `[value of ${name}]`,
  }));
  return (json) => {
    let hidden = json;
    for (const { written, by } of replacements) if (hidden.includes(written)) hidden = hidden.replaceAll(written, by);
    return hidden;
  };
}

function lineOf(entry: TranscriptEntry): string {
  return JSON.stringify({ ...entry, time: new Date().toISOString() });
}

/** For agents that are run from code and need no record. */
export const noTranscript: Transcript = { append: () => undefined };
