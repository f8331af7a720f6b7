import { availableParallelism } from 'node:os';

/** Threads that a machine is asked for at most: one works on several subtasks at a time, and each takes tens of megabytes. */
export function mostThreads(processors: number = availableParallelism()): number {
  return Math.max(16, 4 * processors);
}
