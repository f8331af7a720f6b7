/**
 * Notices an agent that goes round in circles: the same call with the same result again and again. A successful call
 * that changes something and was not made before counts as progress and starts the count anew.
 */
import { createHash } from 'node:crypto';
import type { CallOutcome } from './tool-runner.ts';

/** At the first figure the model is told, at the second the agent is stopped. */
const toldAt = 5;
const stoppedAt = 8;

export interface Repetition {
  /** What to do about the calls of a turn. */
  note(outcomes: readonly CallOutcome[]): 'go-on' | 'tell' | 'stop';
}

export function createRepetition(): Repetition {
  /** By digest: results are long, and there are many of them. */
  const calls = new Map<string, { result: string; count: number }>();
  return {
    note(outcomes) {
      let most = 0;
      // Equal calls of one reply are one attempt: it has not seen yet what comes of the first.
      const noted = new Set<string>();
      for (const { key: made, content: given, status, readOnly } of outcomes) {
        const key = digest(made);
        if (noted.has(key)) continue;
        noted.add(key);
        // Where a long result is kept differs each time.
        const result = digest(given.replaceAll(/"result:[\w-]+"/g, ''));
        const known = calls.get(key);
        if (known === undefined && !readOnly && status === 'ok') calls.clear();
        const count = known?.result === result ? known.count + 1 : 1;
        calls.set(key, { result, count });
        most = Math.max(most, count);
      }
      if (most >= stoppedAt) return 'stop';
      return most >= toldAt ? 'tell' : 'go-on';
    },
  };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
