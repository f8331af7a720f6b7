/** What checks judge. Made by run-subtask.ts and run-gate.ts, read by modules and judges; commands need none of it. */
export interface CheckSubject {
  on: 'workspace' | 'merged';
  goal?: string;
  /** Absent on a merged tree. */
  subtask?: { id: string; title?: string; prompt?: string };
  /** Commit the work was built on. */
  base?: string;
  /** All of them, however many. */
  changedFiles: readonly string[];
  outcome: { output?: unknown; summary?: string };
  /** Write the changes to a file as `git diff` says them; an empty file where nothing was recorded. */
  writeDiff(path: string, signal: AbortSignal): Promise<void>;
}
