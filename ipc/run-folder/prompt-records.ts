/**
 * What is kept of each request to a model, so that a run can tell later what its prompt cache did and why. Written by
 * workers beside the transcript of an attempt, read by `fanfold logs --cache`. Texts of the layers that agents share are
 * kept once for a run, by their digests.
 */
import { join } from 'node:path';
import { z } from 'zod';

const tokens = z.int().nonnegative();
const digest = z.string().regex(/^[0-9a-f]{16}$/);

/** The layers of a prompt: what all agents share (tools and system text), what those of a run share, the rest. */
export type PromptLayerName = 'system' | 'run' | 'conversation';

export const promptRecordSchema = z.strictObject({
  /** When it was sent, ms since the epoch. */
  at: z.number().nonnegative(),
  /** From then until its answer began, ms: what it wrote can be read from there on. Absent where none began. */
  begunMs: z.number().nonnegative().optional(),
  /** No whole answer came; its tokens are those of all tries together. */
  failed: z.literal(true).optional(),
  model: z.string().min(1).max(5_000),
  /** Digests of the layers' bytes; that of an empty layer is empty. */
  layers: z.strictObject({ system: digest, run: z.union([digest, z.literal('')]), conversation: digest }),
  bytes: z.strictObject({ system: tokens, run: tokens, conversation: tokens }),
  /** Digest of the conversation as far as the request before it is expected to have written it; absent for a first. */
  before: digest.optional(),
  /** Of the request that was answered, in tokens. */
  uncached: tokens,
  read: tokens,
  written: tokens,
  /** A prefix of fewer tokens is not kept by the model's cache. */
  minimum: tokens,
  /** How long it was held back until another agent had written what they share, ms. */
  heldMs: z.number().positive().optional(),
  /** The conversation is not that of the request before, with more at its end. */
  changed: z
    .strictObject({
      /** Of the first byte that differs, in the conversation as JSON. */
      offset: tokens,
      before: z.string().max(200),
      after: z.string().max(200),
    })
    .optional(),
});
export type PromptRecord = z.infer<typeof promptRecordSchema>;

/** One JSON object a line, in the order in which requests ended. */
export function promptRecordsFile(attemptFolder: string): string {
  return join(attemptFolder, 'requests.jsonl');
}

interface PromptCacheFolder {
  root: string;
  /** The bytes of a shared layer, secrets replaced. */
  layer: (digest: string) => string;
  /** Who writes this prefix to the cache right now. */
  warming: (prefix: string) => string;
  /** By its time of change: when this prefix was last in use, about. */
  warm: (prefix: string) => string;
}

export function promptCacheFolder(runRoot: string): PromptCacheFolder {
  const root = join(runRoot, 'prompt-cache');
  return {
    root,
    layer: (name) => join(root, `layer-${name}.txt`),
    warming: (prefix) => join(root, `warming-${prefix}`),
    warm: (prefix) => join(root, `warm-${prefix}`),
  };
}
