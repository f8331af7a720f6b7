/**
 * The shape of an evaluation function, for modules that a task file names as checks. They run in a process of their own
 * (runner-source.ts), which makes the context from what the worker knows.
 */

export interface CheckContext {
  /** The workspace, or a checkout of the merged tree; absolute. It is the working folder as well. */
  readonly folder: string;
  /** `merged`: a tree with the work of several subtasks is judged. */
  readonly on: 'workspace' | 'merged';
  /** Of the whole run. */
  readonly goal?: string;
  /** Whose work it is; absent on a merged tree. */
  readonly subtask?: { readonly id: string; readonly title?: string; readonly prompt?: string };
  /** Commit the work was built on; absent outside git. */
  readonly base?: string;
  /** Relative to `folder`, with `/`, sorted. */
  readonly changedFiles: readonly string[];
  /** What the work changed, as `git diff` says it; empty where nothing was recorded. */
  diff(): Promise<string>;
  /** Structured output of the subtask, and the last words of its agent or command. */
  readonly outcome: { readonly output?: unknown; readonly summary?: string };
  /** FANFOLD_ITEM_* and what else the subtask's commands get. */
  readonly variables: Readonly<Record<string, string>>;
  /** Aborts when the check runs out of time; two seconds later its process is ended. */
  readonly signal: AbortSignal;
  /** Run a shell command in `folder`; rejects only when it can't be started. The last 1,000,000 characters are kept. */
  run(command: string): Promise<{ exitCode: number | null; output: string }>;
}

export type CheckVerdict =
  | boolean
  | {
      /** Default: whether the score reaches the `minimum` of the task file; true where that has none. */
      passed?: boolean;
      /** How good the work is, from 0 to 1. */
      score?: number;
      /** Why, for people and for the agent that is to mend it; the first 4,000 characters count. */
      evidence?: string;
    };

export interface CheckDefinition {
  /** What it measures, for who reads the module; reports use the name in the task file. */
  name?: string;
  /** What it throws is a check that did not pass, with the error as evidence. */
  check(context: CheckContext): CheckVerdict | Promise<CheckVerdict>;
}

/** The default export of a module of checks. */
export function defineCheck(definition: CheckDefinition): CheckDefinition {
  return definition;
}
