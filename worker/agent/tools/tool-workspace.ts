import type { ResultFiles } from '../context/result-files.ts';
import type { PathJail } from './path-jail.ts';
import type { WorkspaceFiles } from './workspace-files.ts';

/** What the tools of one agent share. */
export interface ToolWorkspace {
  jail: PathJail;
  files: WorkspaceFiles;
  /** Why the subtask may not write this path (relative, with `/`), or undefined. */
  writeRefusal: (path: string) => string | undefined;
  /** Globs, in the syntax of gitignore, of what the agent must not see. */
  hidden: readonly string[];
  /** The environment of commands, without secrets. */
  environment: Readonly<Record<string, string>>;
  /** Results that the agent can look at again by their handles. */
  results: ResultFiles | undefined;
  /** File that keeps the whole output of shell commands; undefined keeps none. */
  commandLog: string | undefined;
}
