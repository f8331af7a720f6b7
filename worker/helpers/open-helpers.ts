/** The helpers of a subtask's agent. Loaded by executors/prompt.ts where there can be any. */
import type { Assignment } from '../../ipc/index.ts';
import { addUsage, type HelperLimits, noUsage, type Usage, usageWithout } from '../../tasks/index.ts';
import type { Spending } from '../agent/model/budget/spending.ts';
import { createAgentTool } from '../agent/tools/agent-tool.ts';
import type { Tool } from '../agent/tools/tool.ts';
import type { AgentRights } from './agent-rights.ts';
import { helpersSpent } from './helper-files.ts';
import { createHelperSpawner, type HelperOffice } from './spawn-helpers.ts';

export interface OpenHelpers {
  /** The tool Agent. */
  tool: Tool;
  /** What all of them have used, in earlier deliveries of the attempt too; said to the spending as well. */
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

export async function openHelpers({ spending, ...options }: OpenHelpersOptions): Promise<OpenHelpers> {
  const { logFolder } = options;
  let told = noUsage();

  /** Those of helpers among them, and those of an earlier delivery, whose worker was lost. */
  async function count(): Promise<{ usage: Usage; denials: number }> {
    const all = await helpersSpent(logFolder);
    const more = usageWithout(all.usage, told);
    told = addUsage(told, more);
    spending?.beside(more);
    return all;
  }

  await count();
  const spawner = createHelperSpawner({
    ...options,
    lend() {
      const { spent, end } = spending?.lend() ?? { spent: noUsage(), end() {} };
      return {
        spent,
        async back(_, isOver) {
          await count();
          end(isOver);
        },
      };
    },
  });
  return {
    tool: createAgentTool(spawner),
    settle: count,
  };
}
