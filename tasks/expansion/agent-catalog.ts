import type { AgentDefinition } from '../plan/agent-definition.ts';

/** Definitions of agents as they were found. */
export interface AgentCatalog {
  /** One of each name, ordered by name. Rules that allow are only in those of the user's own. */
  definitions: readonly AgentDefinition[];
  /** Files that define nothing, with the name that each would have had. */
  unusable: readonly { name: string; path: string; problem: string }[];
}
