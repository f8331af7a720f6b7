import type { CheckModule } from '../plan/plan.ts';
import type { AgentCatalog } from './agent-catalog.ts';
import type { GlobKind, GlobMatch } from './match-globs.ts';

/**
 * What an expansion reads from the world, given by whoever calls it: the repository at its base, the folder of the task
 * file, a shell. A FanfoldError that one of these throws becomes a problem at the field that asked.
 */
export interface ExpansionSources {
  /** Patterns as matchGlobs takes them, over the files of the repository. */
  glob(patterns: string[], kind: GlobKind): Promise<GlobMatch[]>;
  /** Text of a file relative to the task file's folder, else to the repository. Throws for paths that leave both. */
  readFile(path: string): Promise<string>;
  /** A module of checks, its path as for readFile, with all that it imports from beside it. Absent: none can be run. */
  readModule?(path: string): Promise<CheckModule>;
  /** Standard output of a shell command in the repository. Throws when it fails. */
  runCommand(command: string): Promise<string>;
  /** Definitions of agents, at the base. Without it there are none. */
  agents?(): Promise<AgentCatalog>;
}
