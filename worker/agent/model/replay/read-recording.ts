/**
 * Reads a recording for replaying it. Called once per thread and file by model-source.ts, and before a run starts.
 * Promise: nothing in the file is trusted; a line that is cut off is left out, one that says something else than a
 * recording does is an error that names it. What is kept is the file's bytes and where in them everything stands.
 */
import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { FanfoldError, messageOf } from '../../../../tasks/index.ts';
import { resultToolName } from '../../output/result-tool.ts';
import { readReply } from '../../read-reply.ts';
import type { ModelLimits } from '../model.ts';
import { createPortableText } from '../recording/portable-text.ts';
import {
  longestRecordingBytes,
  parseHeader,
  type RecordedTurn,
  type RecordingLine,
  recordingLineSchema,
  recordingVersion,
} from '../recording/recording-format.ts';
import { hashOf, type RequestPart, replyPart } from '../recording/request-parts.ts';

/** What is kept of a turn. */
export interface TurnEntry
  extends Pick<RecordedTurn, 'request' | 'subtask' | 'attempt' | 'candidate' | 'helper' | 'model'> {
  /** Position among the turns of the file, from 0. */
  index: number;
  /** The part that the reply is in later requests; undefined for a refusal. */
  reply: string | undefined;
  /** It calls tools whose results are to be answered. */
  asksOn: boolean;
}

export interface Recording {
  /** For people. */
  name: string;
  /** Of the file's bytes, 16 hexadecimal digits. */
  digest: string;
  /** The version of Fanfold that began it. */
  by: string;
  turns: readonly TurnEntry[];
  /** Models that were asked, in the order of the file. */
  models: ReadonlyMap<string, ModelLimits | undefined>;
  turnsOf(request: string): readonly TurnEntry[];
  turn(entry: TurnEntry): RecordedTurn;
  /** A part of a request; replies are parts too. */
  part(hash: string): RequestPart | undefined;
  /** Hashes of the parts that came after one; of those that came first without one. */
  partsAfter(hash: string | undefined): ReadonlySet<string>;
}

/** Where a line stands: its first byte, and the byte after its last. */
type Place = readonly [start: number, end: number];

/** FanfoldError `recording-invalid`. Synchronous: the name and the limits of its models are asked for at once. */
export function readRecording(path: string): Recording {
  const bytes = readBytes(path);
  const schema = recordingLineSchema();
  const places: Place[] = [];
  const turns: TurnEntry[] = [];
  const models = new Map<string, ModelLimits | undefined>();
  const byRequest = new Map<string, TurnEntry[]>();
  const after = new Map<string | undefined, Set<string>>();
  /** The line of a part, or of the turn whose reply it is. */
  const parts = new Map<string, { place: Place; turn?: TurnEntry }>();
  let by: string | undefined;

  const addPart = ({ hash, after: before }: RequestPart, found: { place: Place; turn?: TurnEntry }): void => {
    if (!parts.has(hash)) parts.set(hash, found);
    const siblings = after.get(before) ?? new Set();
    after.set(before, siblings.add(hash));
  };
  const addTurn = (turn: RecordedTurn, place: Place, number: number): void => {
    const { request, subtask, attempt, candidate, helper, model } = turn;
    let reply: RequestPart | undefined;
    try {
      reply = replyOf(turn);
    } catch (cause) {
      throw invalid(path, `the reply in line ${number} can't be read (${messageOf(cause)})`, cause);
    }
    const which = {
      subtask,
      attempt,
      ...(candidate === undefined ? {} : { candidate }),
      ...(helper === undefined ? {} : { helper }),
    };
    const entry = { index: turns.length, request, ...which, model, reply: reply?.hash, asksOn: asksOn(turn) };
    places.push(place);
    turns.push(entry);
    if (!models.has(model)) models.set(model, undefined);
    const equal = byRequest.get(request) ?? [];
    byRequest.set(request, equal);
    equal.push(entry);
    if (reply !== undefined) addPart(reply, { place, turn: entry });
  };

  let number = 0;
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(10, start);
    const end = newline < 0 ? bytes.length : newline;
    const place = [start, end] as const;
    const value = parse(bytes, place);
    start = end + 1;
    number += 1;
    if (by === undefined) {
      by = headerOf(value, path);
      continue;
    }
    if (value === undefined) continue;
    const line = schema.safeParse(value);
    if (!line.success) throw invalid(path, `line ${number} is none of a recording (${messageOf(line.error)})`);
    if (line.data.type === 'model') models.set(line.data.name, line.data.limits);
    else if (line.data.type === 'turn') addTurn(line.data, place, number);
    else {
      if (hashOf(line.data) !== line.data.hash) throw invalid(path, `the text in line ${number} was changed`);
      addPart(line.data, { place });
    }
  }
  if (by === undefined) throw invalid(path, 'it is empty');

  const lineAt = (place: Place): RecordingLine => schema.parse(parse(bytes, place));
  const turnAt = (place: Place | undefined): RecordedTurn => {
    const line = place === undefined ? undefined : lineAt(place);
    if (line?.type !== 'turn') throw new RangeError('no turn of this recording');
    return line;
  };
  return {
    name: basename(path),
    digest: createHash('sha256').update(bytes).digest('hex').slice(0, 16),
    by,
    turns,
    models,
    turnsOf: (request) => byRequest.get(request) ?? [],
    turn: ({ index }) => turnAt(places[index]),
    part(hash) {
      const found = parts.get(hash);
      if (found === undefined) return undefined;
      if (found.turn !== undefined) return replyOf(turnAt(found.place));
      const line = lineAt(found.place);
      if (line.type !== 'part') return undefined;
      const { type: _, ...part } = line;
      return part;
    },
    partsAfter: (hash) => after.get(hash) ?? new Set(),
  };
}

const plainText = createPortableText(undefined, []);

function replyOf({ request, reply }: RecordedTurn): RequestPart | undefined {
  if (reply === undefined) return undefined;
  return replyPart(readReply(reply.content, reply.stopReason, reply.malformed ?? {}).content, request, plainText);
}

function asksOn({ reply }: RecordedTurn): boolean {
  return reply?.content.some((block) => block.type === 'tool_use' && block.name !== resultToolName) === true;
}

function readBytes(path: string): Buffer {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    throw invalid(path, messageOf(cause), cause);
  }
  try {
    const found = fstatSync(file);
    if (!found.isFile()) throw invalid(path, 'it is no file');
    if (found.size > longestRecordingBytes) throw invalid(path, `it is larger than ${longestRecordingBytes} bytes`);
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

/** Undefined for an empty line, and for what is no JSON: a writer was killed there. */
function parse(bytes: Buffer, [start, end]: Place): unknown {
  if (start === end) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8', start, end));
  } catch {
    return undefined;
  }
}

function headerOf(value: unknown, path: string): string {
  const header = parseHeader(value);
  if (header === undefined) throw invalid(path, 'it does not begin like one');
  const { version, by } = header;
  if (version > recordingVersion) throw invalid(path, `it is of version ${version}, written by a newer Fanfold`);
  return by;
}

function invalid(path: string, reason: string, cause?: unknown): FanfoldError {
  return new FanfoldError({
    code: 'recording-invalid',
    message: `${path} can't be replayed as a recording: ${reason}.`,
    next: 'Check the path after `replay:`, or record anew: `fanfold run … --record FILE` with a real model.',
    cause,
  });
}
