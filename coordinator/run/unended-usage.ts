/**
 * What was used by work that was under way when its coordinator went: no event tells, its transcripts do. Called when a
 * run is taken up.
 */
import { join } from 'node:path';
import { attemptFolder, usageOfAll } from '../../ipc/index.ts';
import { addUsage, noUsage, type RunState, totalTokens, type Usage, usageWithout } from '../../tasks/index.ts';
import type { Past } from '../dispatch/past.ts';

/** Of attempts that are handed out again: how they end will tell it too. */
export async function unendedUsage(runFolder: string, past: ReadonlyMap<string, Past>): Promise<Usage[]> {
  const folders = [...past].flatMap(([id, found]) =>
    found.kind === 'out' ? [attemptFolder(runFolder, id, found.attempts)] : [],
  );
  return Promise.all(folders.map(usageOfAll));
}

/** Of judges on the merged tree whose gate nobody will ever say the end of, and which the journal does not have yet. */
export async function lostGateUsage(
  runFolder: string,
  state: Pick<RunState, 'usage' | 'subtasks'>,
): Promise<Usage | undefined> {
  const lost = usageWithout(await usageOfAll(join(runFolder, 'gates')), gateUsage(state));
  return totalTokens(lost) === 0 ? undefined : lost;
}

/** What the events of a run tell that was used for no subtask: by judges of its gates. */
export function gateUsage({ usage, subtasks }: Pick<RunState, 'usage' | 'subtasks'>): Usage {
  const own = Object.values(subtasks).reduce((sum, subtask) => addUsage(sum, subtask.usage), noUsage());
  const rest = usageWithout(usage, own);
  // Sums of floating-point numbers may be off a little.
  return totalTokens(rest) === 0 ? noUsage() : rest;
}
