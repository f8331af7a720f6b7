/**
 * A Model that writes down what another one is asked and answers. Called by model-source.ts. Promise: a turn is in the
 * file before the agent acts on it; what failed (overload, a cut stream, cancellation) is not recorded, except a refusal
 * of what is too long, which the agent answers by another request.
 */
import { messageOf } from '../../../../tasks/index.ts';
import { readReply } from '../../read-reply.ts';
import type { Model, ModelRequest, ModelTurn } from '../model.ts';
import type { ModelUse } from './model-use.ts';
import type { PortableText } from './portable-text.ts';
import type { RecordingFile } from './recording-file.ts';
import type { RecordedTurn, RecordingLine } from './recording-format.ts';
import { mapStrings, partsOf, replyPart } from './request-parts.ts';

export interface Recorder {
  file: RecordingFile;
  text: PortableText;
  use: Pick<ModelUse, 'subtask' | 'attempt' | 'candidate' | 'helper'>;
}

export function createRecordingModel(model: Model, recorder: Recorder): Model {
  return {
    name: model.name,
    ...(model.limits === undefined ? {} : { limits: model.limits }),
    async stream(request, options) {
      const startedAt = performance.now();
      const turn = await model.stream(request, options);
      if (!turn.ok && turn.error.code !== 'context-exhausted') return turn;
      try {
        record(recorder, model, request, { turn, durationMs: Math.round(performance.now() - startedAt) });
        return turn;
      } catch (cause) {
        return { ok: false, usage: turn.usage, error: unwritten(cause) };
      }
    },
  };
}

function record(
  { file, text, use }: Recorder,
  { name, limits }: Model,
  request: ModelRequest,
  { turn, durationMs }: { turn: ModelTurn; durationMs: number },
): void {
  const parts = partsOf(request, text);
  const last = parts.at(-1)?.hash;
  if (last === undefined) return;
  const written: RecordedTurn = {
    type: 'turn',
    request: last,
    subtask: use.subtask,
    attempt: use.attempt,
    ...(use.candidate === undefined ? {} : { candidate: use.candidate }),
    ...(use.helper === undefined ? {} : { helper: use.helper }),
    model: name,
    ...answerOf(turn, text),
    usage: turn.usage,
    ...(turn.ok && turn.answered !== undefined ? { answered: turn.answered } : {}),
    durationMs,
  };
  const known: RecordingLine = { type: 'model', name, ...(limits === undefined ? {} : { limits }) };
  file.append([known, ...parts.map((part) => ({ type: 'part' as const, ...part })), written]);
  if (!turn.ok) return;
  // The next request of the conversation has the reply as a part: its text is in the turn.
  const { content } = readReply(turn.content, turn.stopReason, turn.malformed ?? {});
  file.know(replyPart(content, last, text).hash);
}

function answerOf(turn: ModelTurn, { portable }: PortableText): Pick<RecordedTurn, 'reply' | 'error'> {
  if (!turn.ok) {
    const { message, next } = turn.error;
    return { error: { code: 'context-exhausted', message: portable(message), next: portable(next) } };
  }
  const { content, stopReason, malformed } = turn;
  const reply = { content, stopReason, ...(malformed === undefined ? {} : { malformed }) };
  return { reply: mapStrings(reply, portable) as NonNullable<RecordedTurn['reply']> };
}

function unwritten(cause: unknown) {
  return {
    code: 'recording-failed' as const,
    message: `The recording can't be written: ${messageOf(cause)}`,
    next: 'Make room on the disk and leave the file where it is while the run is at work, or run without --record.',
    failure: 'permanent' as const,
  };
}
