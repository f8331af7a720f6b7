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
}

export function modelUse({ run, runFolder, repository, subtask, attempt }: Assignment, root: string): ModelUse {
  return { run, runFolder, repository, root, subtask: subtask.id, attempt };
}
