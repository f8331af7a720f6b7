/**
 * Reads a transcript back into the conversation it holds. Called when an agent goes on. Promise: what is given can be
 * sent to the model as it is, byte for byte what was sent before; nothing in the file is trusted, and a file that does
 * not fit is no conversation. A last line without its end is one that was never written.
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { addUsage, noUsage, type Usage, usageSchema } from '../../tasks/index.ts';
import type { ContextStep } from './context/context.ts';
import { thoughtOf } from './model/foreign-thoughts.ts';
import type { ContentBlock, Message } from './model/model.ts';
import type { PromptLayers } from './prompt/layers.ts';
import type { CallOutcome } from './tool-runner.ts';
import type { TranscriptLine } from './transcript.ts';

/** What is known of a call that has ended. */
export type RecordedEnd = Pick<CallOutcome, 'content' | 'status' | 'unanswered'>;

/** The last reply, where no message has answered it yet. */
export interface UnfinishedReply {
  content: ContentBlock[];
  stopReason: string | null;
  /** What was wrong with inputs that could not be read, by call. */
  malformed: Readonly<Record<string, string>>;
  /** By call. */
  ends: ReadonlyMap<string, RecordedEnd>;
  /** Writing calls that had begun. */
  started: ReadonlySet<string>;
}

/** A conversation as far as it is on disk. Secrets that were replaced there stay replaced. */
export interface Conversation {
  model: string;
  layers: PromptLayers;
  /** Names, in order. */
  tools: string[];
  /** Up to the last complete turn: the last is a user's, and every call is answered. */
  messages: Message[];
  /** The same with what was taken out of the model's sight, as far as the lines go: an unfinished reply is in it. */
  context: ContextStep[];
  /** Models by what they have signed, for replies that are not of `model`. */
  thoughts: ReadonlyMap<string, string>;
  unfinished?: UnfinishedReply;
  turns: number;
  /** Of this attempt, as far as its turns have it. */
  usage: Usage;
  denials: number;
  /** Repair rounds that have begun, and how many messages were before the last of them. */
  repairs: number;
  repairedAt: number;
  /** The lines it was read from, each with its end. */
  lines: string;
}

const time = z.string();
const turn = z.int().nonnegative();
const id = z.string().min(1);
const text = z.strictObject({ type: z.literal('text'), text: z.string().min(1) });
const toolUse = z.strictObject({
  type: z.literal('tool_use'),
  id,
  name: z.string().min(1),
  input: z.record(z.string(), z.unknown()),
});
const thinking = z.strictObject({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() });
const redacted = z.strictObject({ type: z.literal('redacted_thinking'), data: z.string() });
const toolResult = z.strictObject({
  type: z.literal('tool_result'),
  tool_use_id: id,
  content: z.string(),
  is_error: z.boolean().exactOptional(),
});
const message = z.discriminatedUnion('role', [
  z.strictObject({
    role: z.literal('user'),
    content: z.array(z.discriminatedUnion('type', [text, toolResult])).min(1),
  }),
  z.strictObject({
    role: z.literal('assistant'),
    content: z.array(z.discriminatedUnion('type', [text, toolUse, thinking, redacted])).min(1),
  }),
]);
const mail = z.array(z.strictObject({ id: z.string(), from: z.string(), text: z.string() }));
const lineSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('start'),
    version: z.literal(1),
    time,
    model: z.string(),
    layers: z.strictObject({ system: z.string(), run: z.string(), task: z.string() }),
    tools: z.array(z.string()),
  }),
  z.strictObject({
    type: z.literal('message'),
    time,
    turn,
    message,
    model: z.string().exactOptional(),
    stopReason: z.string().nullable().exactOptional(),
    usage: usageSchema.exactOptional(),
    contextTokens: z.int().positive().exactOptional(),
    malformed: z.record(z.string(), z.string()).exactOptional(),
    mail: mail.exactOptional(),
    repair: z.int().min(1).exactOptional(),
  }),
  z.strictObject({ type: z.literal('call-start'), time, turn, id }),
  z.strictObject({
    type: z.literal('call-end'),
    time,
    turn,
    id,
    content: z.string(),
    status: z.enum(['ok', 'error', 'denied', 'cancelled']),
    unanswered: z.literal(true).exactOptional(),
  }),
  z.strictObject({ type: z.literal('clear'), time, turn, ids: z.array(id).min(1) }),
  z.strictObject({
    type: z.literal('compact'),
    time,
    turn,
    upTo: z.int().min(2),
    summary: z.string().min(1).exactOptional(),
    usage: usageSchema,
  }),
  z.strictObject({
    type: z.literal('resume'),
    time,
    usage: usageSchema,
    denials: z.int().nonnegative(),
    mail: mail.exactOptional(),
  }),
]) satisfies z.ZodType<TranscriptLine>;

/** Undefined where the file can't be read, has no start, or holds what is no conversation. */
export async function readTranscript(path: string): Promise<Conversation | undefined> {
  try {
    return parseTranscript(await readFile(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** The same of a file's text; throws SyntaxError for what is no line. */
export function parseTranscript(written: string): Conversation | undefined {
  const lines = written.slice(0, written.lastIndexOf('\n') + 1);
  return conversationOf(lines.split('\n').slice(0, -1).map(parseLine), lines);
}

/** The value as it was parsed, since the schema would put its fields in another order. */
function parseLine(line: string): TranscriptLine {
  const value: unknown = JSON.parse(line);
  if (!isLine(value)) throw new SyntaxError('no line of a transcript');
  return value;
}

function isLine(value: unknown): value is TranscriptLine {
  return lineSchema.safeParse(value).success;
}

type Open = UnfinishedReply & { ends: Map<string, RecordedEnd>; started: Set<string> };

function conversationOf(all: readonly TranscriptLine[], lines: string): Conversation | undefined {
  let start: Pick<Conversation, 'model' | 'layers' | 'tools'> | undefined;
  let open: Open | undefined;
  const messages: Message[] = [];
  const context: ContextStep[] = [];
  const answered = new Set<string>();
  const thoughts = new Map<string, string>();
  let [turns, usage, denials, upTo, repairs, repairedAt] = [0, noUsage(), 0, 0, 0, 0];
  for (const line of all) {
    if (line.type === 'message' || line.type === 'clear' || line.type === 'compact') context.push(line);
    switch (line.type) {
      case 'start':
        if (start !== undefined) return undefined;
        start = { model: line.model, layers: line.layers, tools: line.tools };
        break;
      case 'resume':
        ({ usage, denials } = line);
        break;
      case 'message':
        usage = addUsage(usage, line.usage ?? noUsage());
        if (line.repair !== undefined) [repairs, repairedAt] = [Math.max(repairs, line.repair), messages.length];
        if (line.message.role === 'assistant') {
          if (open !== undefined || messages.length === 0) return undefined;
          turns = line.turn;
          if (line.model !== undefined) signed(line.message.content, line.model, thoughts);
          const { stopReason = null, malformed = {} } = line;
          open = { content: line.message.content, stopReason, malformed, ends: new Map(), started: new Set() };
          if (new Set(callsOf(open)).size !== callsOf(open).length) return undefined;
          break;
        }
        if (open === undefined && messages.length > 0) return undefined;
        if (!answers(line.message, open === undefined ? [] : callsOf(open))) return undefined;
        if (open !== undefined) messages.push({ role: 'assistant', content: open.content });
        messages.push(line.message);
        for (const id of open === undefined ? [] : callsOf(open)) answered.add(id);
        open = undefined;
        break;
      case 'clear':
        if (open !== undefined || !line.ids.every((id) => answered.has(id))) return undefined;
        break;
      case 'compact':
        if (open !== undefined || line.upTo <= upTo || messages[line.upTo]?.role !== 'assistant') return undefined;
        if (line.summary !== undefined) upTo = line.upTo;
        usage = addUsage(usage, line.usage);
        break;
      case 'call-start':
      case 'call-end':
        if (open === undefined || !callsOf(open).includes(line.id)) return undefined;
        if (line.type === 'call-start') open.started.add(line.id);
        else {
          const { content, status, unanswered } = line;
          open.ends.set(line.id, { content, status, ...(unanswered === undefined ? {} : { unanswered }) });
          if (unanswered === true) denials += 1;
        }
    }
  }
  if (start === undefined || messages.length === 0) return undefined;
  return {
    ...start,
    messages,
    context,
    thoughts,
    ...(open === undefined ? {} : { unfinished: open }),
    turns,
    usage,
    denials,
    repairs,
    repairedAt,
    lines,
  };
}

function signed(content: readonly ContentBlock[], model: string, thoughts: Map<string, string>): void {
  for (const block of content) {
    const thought = thoughtOf(block);
    if (thought !== undefined) thoughts.set(thought, model);
  }
}

function callsOf({ content }: UnfinishedReply): string[] {
  return content.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []));
}

/** The API wants the results first, one for each call. */
function answers({ content }: Message, calls: readonly string[]): boolean {
  const results = content.map((block) => (block.type === 'tool_result' ? block.tool_use_id : undefined));
  const wanted = [...calls, ...Array<undefined>(Math.max(0, results.length - calls.length)).fill(undefined)];
  return results.length === wanted.length && results.every((result, index) => result === wanted[index]);
}
