import type { Assignment } from '../../../../ipc/index.ts';

/** Whose requests a model answers: what recording and replaying must know of them. Paths are absolute. */
export interface ModelUse {
  run: string;
  runFolder: string;
  repository: string;
  /** The workspace; empty where there is none yet. */
  root: string;
  subtask: string;
  attempt: number;
  /** Where several agents try: which of them, from 1. */
  candidate?: number;
  /** Of a helper: what tells it apart from other helpers of the subtask, the same in each attempt. */
  helper?: string;
}

export function modelUse(
  { run, runFolder, repository, subtask, attempt }: Assignment,
  root: string,
  candidate?: number,
): ModelUse {
  const which = candidate === undefined ? {} : { candidate };
  return { run, runFolder, repository, root, subtask: subtask.id, attempt, ...which };
}
