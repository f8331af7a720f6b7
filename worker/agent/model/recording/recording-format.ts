/**
 * The text of a recording: a header line with the version, then one JSON object a line. A request is a chain of parts
 * (system text, then messages); each part is there once, named by a hash of its text and of all before it, so a turn
 * names its request by the hash of the last part. A reply that is part of a later request is not written again. The same for every turn on any machine: paths, run ids, values of
 * secrets are replaced before anything is hashed or written. Empty lines mean nothing.
 */
import { z } from 'zod';
import { subtaskIdSchema, usageSchema } from '../../../../tasks/index.ts';

export const recordingVersion = 1;

/** Larger ones are not read: each thread of a run holds the file in memory. */
export const longestRecordingBytes = 128 * 1024 * 1024;

export const headerSchema = z.object({
  recording: z.literal('fanfold'),
  version: z.int().min(1),
  /** The version of Fanfold that began the recording. */
  by: z.string().max(100),
});

const hash = z.string().regex(/^[0-9a-f]{32}$/);
const tokens = z.int().positive();

export const contentBlockSchema = z.discriminatedUnion('type', [
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

const partSchema = z.strictObject({
  type: z.literal('part'),
  hash,
  /** The part before it; absent for the first of a request. */
  after: hash.exactOptional(),
  kind: z.enum(['system', 'user', 'assistant']),
  /** What is compared. */
  text: z.string(),
});
export type RecordedPart = z.infer<typeof partSchema>;

const modelSchema = z.strictObject({
  type: z.literal('model'),
  name: z.string().max(4_300),
  limits: z.strictObject({ contextTokens: tokens, outputTokens: tokens }).exactOptional(),
});

const replySchema = z.strictObject({
  content: z.array(contentBlockSchema),
  stopReason: z.string().nullable(),
  malformed: z.record(z.string(), z.string()).exactOptional(),
});

const turnSchema = z
  .strictObject({
    type: z.literal('turn'),
    /** Hash of the last part of the request. */
    request: hash,
    subtask: subtaskIdSchema,
    attempt: z.int().min(1),
    model: z.string(),
    reply: replySchema.exactOptional(),
    /** The request was refused as too long, which the agent answers by another. */
    error: z
      .strictObject({ code: z.literal('context-exhausted'), message: z.string(), next: z.string() })
      .exactOptional(),
    /** As it was paid for when it was recorded. */
    usage: usageSchema,
    answered: usageSchema.exactOptional(),
    durationMs: z.int().nonnegative(),
  })
  .refine(({ reply, error }) => (reply === undefined) !== (error === undefined), 'either reply or error');
export type RecordedTurn = z.infer<typeof turnSchema>;

export const recordingLineSchema = z.discriminatedUnion('type', [partSchema, modelSchema, turnSchema]);
export type RecordingLine = z.infer<typeof recordingLineSchema>;

export function headerLine(by: string): string {
  return `${JSON.stringify({ recording: 'fanfold', version: recordingVersion, by })}\n`;
}
