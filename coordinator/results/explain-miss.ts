import type { Plan, Subtask } from '../../tasks/index.ts';
import { listingsOf } from './input-choice.ts';
import type { InputDigests } from './input-digests.ts';
import type { ResultStore } from './result-store.ts';

export interface MissExplainerOptions {
  plan: Plan;
  store: ResultStore;
  digests: InputDigests;
  /** Called at most once. */
  onSurprise: (message: string) => void;
}

/** Where a changed item is the reason, the first to be done again tell. */
const missesLookedAt = 20;

/**
 * A changed item changes the file it is written in, on which its siblings depend too unless they say otherwise: where that
 * alone is why a subtask is done again, it is said how to avoid it.
 */
export function createMissExplainer({ plan, store, digests, onSurprise }: MissExplainerOptions) {
  let looked = 0;
  return async (subtask: Subtask, definition: string): Promise<void> => {
    const listings = listingsOf(subtask, plan);
    if (listings.length === 0 || looked >= missesLookedAt) return;
    looked += 1;
    const [rest, earlier] = await Promise.all([digests.foundWithout(subtask, listings), store.readAll(definition)]);
    if (rest === undefined || looked > missesLookedAt || earlier.every((kept) => kept.rest !== rest)) return;
    looked = missesLookedAt + 1;
    const alike = plan.subtasks.filter((other) => listingsOf(other, plan).join() === listings.join()).length;
    const who = alike === 1 ? '1 subtask depends' : `${alike} subtasks depend`;
    onSurprise(
      `${who} on every file, and only ${listings.join(' or ')} has changed since: declare \`inputs\` (\`inputs: []\` for nothing but the item), so that one changed item runs one subtask again.`,
    );
  };
}
