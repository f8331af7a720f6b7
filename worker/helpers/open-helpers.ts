/** The helpers of a subtask's agent. Loaded by executors/prompt.ts where there can be any. */
import type { Assignment } from '../../ipc/index.ts';
import { addUsage, type HelperLimits, noUsage, type Usage } from '../../tasks/index.ts';
import type { Spending } from '../agent/model/budget/spending.ts';
import { createAgentTool } from '../agent/tools/agent-tool.ts';
import type { Tool } from '../agent/tools/tool.ts';
import type { AgentRights } from './agent-rights.ts';
import { helpersSpent } from './helper-files.ts';
import { createHelperSpawner, type HelperOffice } from './spawn-helpers.ts';

export interface OpenHelpers {
  /** The tool Agent. */
  tool: Tool;
  /** What all of them have used, in earlier deliveries of the attempt too; said to the spending as well. Called once. */
  settle(): Promise<{ usage: Usage; denials: number }>;
}

export interface OpenHelpersOptions {
  office: HelperOffice;
  assignment: Assignment;
  limits: HelperLimits;
  rights: AgentRights;
  candidate: number | undefined;
  root: string;
  logFolder: string;
  spending: Spending | undefined;
}

export function openHelpers({ spending, ...options }: OpenHelpersOptions): OpenHelpers {
  let told = noUsage();
  const spawner = createHelperSpawner({
    ...options,
    spent: () => spending?.lend() ?? noUsage(),
    onEnd(usage) {
      told = addUsage(told, usage);
      spending?.beside(usage);
    },
  });
  return {
    tool: createAgentTool(spawner),
    async settle() {
      const all = await helpersSpent(options.logFolder);
      spending?.beside(less(all.usage, told));
      return all;
    },
  };
}

function less(all: Usage, known: Usage): Usage {
  return {
    inputTokens: Math.max(0, all.inputTokens - known.inputTokens),
    outputTokens: Math.max(0, all.outputTokens - known.outputTokens),
    cacheReadTokens: Math.max(0, all.cacheReadTokens - known.cacheReadTokens),
    cacheWriteTokens: Math.max(0, all.cacheWriteTokens - known.cacheWriteTokens),
    usd: Math.max(0, all.usd - known.usd),
  };
}
