import { type AgentDefinition, type ModelSettings, type Plan, type Subtask, withModel } from '../../tasks/index.ts';

/** A model that a definition gives to helpers of an agent. */
export interface HelperModel {
  settings: ModelSettings;
  /** Id of a subtask that can have such helpers. */
  subject: string;
  definition: AgentDefinition;
}

/** Of subtasks that are alike in this, the first stands for all: a plan may have thousands, and hundreds of definitions. */
export function helperModels(subtasks: readonly Subtask[], { agents = [] }: Pick<Plan, 'agents'>): HelperModel[] {
  const seen = new Set<string>();
  return subtasks.flatMap(({ id, agent, helpers, model }) => {
    if (helpers === undefined) return [];
    const alike = JSON.stringify([agent, model.name, model.baseUrl]);
    if (seen.has(alike)) return [];
    seen.add(alike);
    const { tools, helperTypes } = agents.find(({ name }) => name === agent) ?? {};
    if (tools?.includes('Agent') === false) return [];
    return agents
      .filter((definition) => definition.model !== undefined && helperTypes?.includes(definition.name) !== false)
      .map((definition) => ({ settings: withModel(model, definition.model), subject: id, definition }));
  });
}
