/**
 * Which agents of a run have ended, so that nobody writes to one in vain: an empty file for each, made by the
 * coordinator when no further attempt follows. Read by workers before and after they publish a message.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export function markAgentEnded(runRoot: string, subtask: string): void {
  mkdirSync(join(runRoot, 'ended'), { recursive: true, mode: 0o700 });
  writeFileSync(pathOf(runRoot, subtask), '', { mode: 0o600 });
}

/** It is tried again. */
export function reopenAgent(runRoot: string, subtask: string): void {
  rmSync(pathOf(runRoot, subtask), { force: true });
}

export function hasAgentEnded(runRoot: string, subtask: string): boolean {
  return existsSync(pathOf(runRoot, subtask));
}

function pathOf(runRoot: string, subtask: string): string {
  return join(runRoot, 'ended', subtask);
}
