/**
 * A Model that answers from a recording: without a key, without a server, for nothing, and the same every time. Called
 * by model-source.ts. Promise: a request gets the reply that was recorded for the same content, at once; for any other
 * the turn fails with `replay-diverged` and says what differs. Tokens are as recorded; they cost 0.
 */
import { noUsage, replayName, toErrorRecord } from '../../../../tasks/index.ts';
import { problemWith } from '../../receive-turn.ts';
import type { Model, ModelTurn, StreamOptions } from '../model.ts';
import type { Expense } from '../purse.ts';
import type { ModelUse } from '../recording/model-use.ts';
import type { PortableText } from '../recording/portable-text.ts';
import type { RecordedTurn } from '../recording/recording-format.ts';
import { mapStrings, partsOf } from '../recording/request-parts.ts';
import { chooseTurn } from './choose-turn.ts';
import { divergence } from './divergence.ts';
import type { Recording, TurnEntry } from './read-recording.ts';

export interface Replayer {
  recording: Recording;
  text: PortableText;
  use: Pick<ModelUse, 'subtask' | 'attempt' | 'candidate' | 'helper'>;
  /** A turn was answered from this one. */
  onUsed: (turn: TurnEntry) => void;
}

export function createReplayModel({ recording, text, use, onUsed }: Replayer): Model {
  const recorded = recordedModel(recording, use);
  const limits = recording.models.get(recorded);
  return {
    name: replayName(recorded),
    ...(limits === undefined ? {} : { limits }),
    async stream(request, options) {
      if (options.signal.aborted) {
        return { ok: false, error: toErrorRecord(options.signal.reason), usage: noUsage() };
      }
      const parts = partsOf(request, text);
      const entry = chooseTurn(recording, parts.at(-1)?.hash ?? '', use);
      if (entry === undefined) return { ok: false, error: divergence(recording, parts, use), usage: noUsage() };
      const turn = turnOf(recording.turn(entry), text);
      const paid = await options.purse?.reserve(expenseOf(turn, recorded), options.signal);
      if (paid !== undefined && 'error' in paid) return { ok: false, error: paid.error, usage: noUsage() };
      onUsed(entry);
      paid?.settle(turn.usage);
      if (turn.ok) deliver(turn, options);
      return turn;
    },
  };
}

/** It is known what it will use. */
function expenseOf({ usage }: ModelTurn, model: string): Expense {
  return { model, costOf: () => 0, outputTokens: 0, leastOutputTokens: 0, known: usage };
}

/** Of the subtask's agent or of this helper of it, or the first of all: by its name agents know prices and the size of its context. */
function recordedModel({ turns, models }: Recording, { subtask, helper }: Replayer['use']): string {
  const own = turns.find((turn) => turn.subtask === subtask && turn.helper === helper);
  return own?.model ?? [...models.keys()][0] ?? 'nothing';
}

function turnOf({ reply, error, usage, answered }: RecordedTurn, { localise }: PortableText): ModelTurn {
  const free = { ...usage, usd: 0 };
  if (reply === undefined) {
    const { code = 'context-exhausted', message = '', next = '' } = error ?? {};
    return { ok: false, error: { code, message: localise(message), next, failure: 'permanent' }, usage: free };
  }
  const { content, stopReason, malformed } = mapStrings(reply, localise) as typeof reply;
  return {
    ok: true,
    content,
    stopReason,
    usage: free,
    ...(answered === undefined ? {} : { answered: { ...answered, usd: 0 } }),
    ...(malformed === undefined ? {} : { malformed }),
  };
}

function deliver({ content, malformed }: ModelTurn & { ok: true }, { onBegin, onText, onBlock }: StreamOptions): void {
  onBegin?.();
  for (const [index, block] of content.entries()) {
    if (block.type === 'text') onText?.(block.text);
    if (block.type !== 'tool_use' || problemWith(malformed, block.id) === undefined) onBlock?.(block, index);
  }
}
