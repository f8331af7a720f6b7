import type { ModelUse } from '../recording/model-use.ts';
import type { Recording, TurnEntry } from './read-recording.ts';

/**
 * The recorded turn that answers a request. Where it was asked several times (siblings with the same prompt, attempts,
 * an agent that was killed) the choice depends on nothing but who asks, so that no thread need know of another: one
 * that was gone on from, of the same subtask, of the same attempt, and the last of those.
 */
export function chooseTurn(
  recording: Recording,
  request: string,
  { subtask, attempt }: Pick<ModelUse, 'subtask' | 'attempt'>,
): TurnEntry | undefined {
  const rank = (turn: TurnEntry): number => {
    const wasUsed = !turn.asksOn || recording.partsAfter(turn.reply).size > 0;
    const isOwn = turn.subtask === subtask;
    return (wasUsed ? 4 : 0) + (isOwn ? 2 : 0) + (isOwn && turn.attempt === attempt ? 1 : 0);
  };
  let best: TurnEntry | undefined;
  for (const turn of recording.turnsOf(request)) if (best === undefined || rank(turn) >= rank(best)) best = turn;
  return best;
}
