import { gatherInstructions, type Repository, readTextsAt } from '../../ipc/index.ts';
import type { Plan } from '../../tasks/index.ts';

const limitBytes = 64 * 1024;
const longestFileBytes = 1_000_000;

/** What AGENTS.md and CLAUDE.md at the top of the base tell every agent, with what they import; without git nothing. */
export async function readInstructions(
  repository: Repository | undefined,
  base: string | undefined,
  { subtasks }: Pick<Plan, 'subtasks'>,
): Promise<string | undefined> {
  const isNeeded = subtasks.some(({ executor }) => executor.kind === 'prompt');
  if (!isNeeded || repository === undefined || base === undefined) return undefined;
  const read = (paths: readonly string[]) => readTextsAt(repository, base, paths, longestFileBytes);
  return (await gatherInstructions('.', read, limitBytes))?.text;
}
