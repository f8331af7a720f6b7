export interface CheckResult {
  name: string;
  passed: boolean;
  gate: boolean;
  durationMs: number;
  exitCode: number | null;
  /** The end of a command's output, or the evidence a check gives; at most 4,000 characters, control sequences removed. */
  outputTail: string;
  /** How good the work is, from 0 to 1; absent where a check only passes or fails. */
  score?: number;
  /** The score it takes to pass, where there is one. */
  minimum?: number;
  /** True when the same check failed on the base already: then it is not held against the subtask. */
  failedOnBase?: boolean;
}
