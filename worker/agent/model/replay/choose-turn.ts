import type { ModelUse } from '../recording/model-use.ts';
import type { Recording, TurnEntry } from './read-recording.ts';

/**
 * The recorded turn that answers a request. Where it was asked several times (siblings with the same prompt, attempts,
 * candidates, an agent that was killed) the choice depends on nothing but who asks, so that no thread need know of
 * another: of the same candidate, one that was gone on from, of the same subtask, of the same attempt, and the last of
 * those.
 */
export function chooseTurn(
  recording: Recording,
  request: string,
  { subtask, attempt, candidate, helper }: Pick<ModelUse, 'subtask' | 'attempt' | 'candidate' | 'helper'>,
): TurnEntry | undefined {
  const rank = (turn: TurnEntry): number => {
    const wasUsed = !turn.asksOn || recording.partsAfter(turn.reply).size > 0;
    const isOwn = turn.subtask === subtask && turn.helper === helper;
    const isSameTry = isOwn && turn.candidate === candidate;
    return (
      (isSameTry && candidate !== undefined ? 8 : 0) +
      (wasUsed ? 4 : 0) +
      (isOwn ? 2 : 0) +
      (isSameTry && turn.attempt === attempt ? 1 : 0)
    );
  };
  let best: TurnEntry | undefined;
  for (const turn of recording.turnsOf(request)) if (best === undefined || rank(turn) >= rank(best)) best = turn;
  return best;
}
