import type { PromptExtras } from '../agent/prompt/layers.ts';
import type { Tool } from '../agent/tools/tool.ts';
import type { AgentRights } from './agent-rights.ts';

/** What an agent with these rights is told besides its assignment. */
export function promptExtras({ role, helperTypes }: AgentRights): PromptExtras {
  return { ...(role === undefined ? {} : { role }), helperTypes };
}

/** Those of the tools that it has, in the same order. */
export function ownTools(tools: readonly Tool[], rights: AgentRights): Tool[] {
  const own: ReadonlySet<string> | undefined = rights.tools;
  return tools.filter(({ definition }) => own?.has(definition.name) ?? true);
}
