import type { Outcome } from '../../ipc/index.ts';
import { type Repair, type Subtask, type SubtaskStatus, totalTokens } from '../../tasks/index.ts';

/** The attempt that an agent goes on from. */
export interface Continuation {
  attempt: number;
  /** Holds what its files were, where anything had changed. */
  commit?: string;
  /** Whose work was chosen, where several had tried. */
  candidate?: number;
}

interface HandedOut {
  /** Attempts so far. */
  attempts: number;
  /** Those that don't count towards its retries. */
  forgiven: number;
  /** What gates have said of its work, for the agent that goes on. */
  repair?: Repair;
}

/** What an earlier coordinator left of a subtask. */
export type Past =
  | { kind: 'settled'; satisfied: boolean }
  /** Its work is in the branch; only the journal does not say so. */
  | (HandedOut & { kind: 'landed'; commit: string; outcome?: Outcome; reusedFrom?: string })
  /** Its worker is done; the verdict is missing. */
  | (HandedOut & { kind: 'ended'; outcome: Outcome; continues?: Continuation })
  /** Its message is somewhere between the mailbox and a worker's answer. */
  | (HandedOut & { kind: 'out'; continues?: Continuation })
  /** To be handed out anew. */
  | (HandedOut & { kind: 'again'; continues?: Continuation });

/**
 * Agents that were interrupted go on; those that failed by themselves begin anew. `given` is what the attempt went on
 * from: where it ended before it had begun, the next goes on from there too.
 */
export function continuationOf(
  { executor }: Pick<Subtask, 'executor'>,
  outcome: Ended,
  given: Continuation | undefined,
): Continuation | undefined {
  const { attempt, error, commit } = outcome;
  const isShort = error?.code === 'budget-exhausted';
  const interrupted = isShort || error?.failure === 'cancelled' || error?.failure === 'transient';
  if (executor.kind !== 'prompt' || !interrupted) return undefined;
  if (given !== undefined && didNothing(outcome)) return given;
  return { attempt, ...(commit === undefined ? {} : { commit }) };
}

type Ended = Pick<Outcome, 'attempt' | 'error' | 'commit' | 'usage'>;

/** An attempt that ended before it had begun leaves the work that it was to go on from. */
export function workOf(outcome: Outcome, given: Continuation | undefined): Outcome {
  return given?.commit === undefined || !didNothing(outcome) ? outcome : { ...outcome, commit: given.commit };
}

function didNothing({ error, commit, usage }: Ended): boolean {
  return error !== undefined && commit === undefined && totalTokens(usage) === 0;
}

/** True for final states that those who need the subtask can build on. */
export function isSatisfying(status: SubtaskStatus): boolean {
  return status === 'landed' || status === 'unchanged' || status === 'cached';
}

/** By subtask. */
export function repairsOf(pasts: ReadonlyMap<string, Past>): Map<string, Repair> {
  const repairs = new Map<string, Repair>();
  for (const [id, past] of pasts)
    if (past.kind !== 'settled' && past.repair !== undefined) repairs.set(id, past.repair);
  return repairs;
}
