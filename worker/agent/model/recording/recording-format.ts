/**
 * The text of a recording: a header line with the version, then one JSON object a line. A request is a chain of parts
 * (system text, then messages); each part is there once, named by a hash of its text and of all before it, so a turn
 * names its request by the hash of the last part. A reply that is part of a later request is not written again. The
 * same for every turn on any machine: paths, run ids, values of secrets are replaced before anything is hashed or
 * written. Empty lines mean nothing.
 */
import { z } from 'zod';
import { subtaskIdSchema, usageSchema } from '../../../../tasks/index.ts';

export const recordingVersion = 1;

/** Larger ones are not read: each thread of a run holds the file in memory. */
export const longestRecordingBytes = 128 * 1024 * 1024;

export type RecordingLine = z.infer<ReturnType<typeof recordingLineSchema>>;
export type RecordedPart = Extract<RecordingLine, { type: 'part' }>;
export type RecordedTurn = Extract<RecordingLine, { type: 'turn' }>;

export function headerLine(by: string): string {
  return `${JSON.stringify({ recording: 'fanfold', version: recordingVersion, by })}\n`;
}

/** What of the first line any version has; undefined where it is none of a recording. */
export function parseHeader(value: unknown): { version: number; by: string } | undefined {
  const header = z
    .object({
      recording: z.literal('fanfold'),
      version: z.int().min(1),
      /** The version of Fanfold that began the recording. */
      by: z.string().max(100),
    })
    .safeParse(value);
  return header.data;
}

/** A function, since every thread of every run loads this, and few read a recording. */
export function recordingLineSchema() {
  const hash = z.string().regex(/^[0-9a-f]{32}$/);
  const tokens = z.int().positive();
  const content = z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('text'), text: z.string() }),
    z.strictObject({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() }),
    z.strictObject({ type: z.literal('redacted_thinking'), data: z.string() }),
    z.strictObject({
      type: z.literal('tool_use'),
      id: z.string().min(1),
      name: z.string().min(1),
      input: z.record(z.string(), z.unknown()),
    }),
  ]);
  const part = z.strictObject({
    type: z.literal('part'),
    hash,
    /** The part before it; absent for the first of a request. */
    after: hash.exactOptional(),
    kind: z.enum(['system', 'user', 'assistant']),
    /** What is compared. */
    text: z.string(),
  });
  const model = z.strictObject({
    type: z.literal('model'),
    name: z.string(),
    limits: z.strictObject({ contextTokens: tokens, outputTokens: tokens }).exactOptional(),
  });
  const reply = z.strictObject({
    content: z.array(content),
    stopReason: z.string().nullable(),
    malformed: z.record(z.string(), z.string()).exactOptional(),
  });
  const turn = z
    .strictObject({
      type: z.literal('turn'),
      /** Hash of the last part of the request. */
      request: hash,
      subtask: subtaskIdSchema,
      attempt: z.int().min(1),
      /** Which of several agents that tried, from 1. */
      candidate: z.int().min(1).max(8).exactOptional(),
      /** Which of the subtask's helpers. */
      helper: z.string().min(1).max(64).exactOptional(),
      model: z.string(),
      reply: reply.exactOptional(),
      /** The request was refused as too long, which the agent answers by another. */
      error: z
        .strictObject({ code: z.literal('context-exhausted'), message: z.string(), next: z.string() })
        .exactOptional(),
      /** As it was paid for when it was recorded. */
      usage: usageSchema,
      /** See ModelTurn. */
      answered: usageSchema.exactOptional(),
      durationMs: z.int().nonnegative(),
    })
    .refine((line) => (line.reply === undefined) !== (line.error === undefined), 'either reply or error');
  return z.discriminatedUnion('type', [part, model, turn]);
}
