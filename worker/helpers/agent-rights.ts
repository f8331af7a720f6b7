/**
 * What an agent with a definition is and may do, and what is left of it for its helpers. Pure; called for agents of
 * subtasks, for helpers before they are spawned and by whoever runs them. Promise: nothing that a definition says gives
 * a helper more than the agent has that asks for it.
 */
import {
  type AgentDefinition,
  definedPermissions,
  type ModelSettings,
  narrowPermissions,
  type Permissions,
  readingTools,
  type Subtask,
  type ToolName,
  withModel,
} from '../../tasks/index.ts';

export interface AgentRights {
  /** Of its definition. */
  role: string | undefined;
  permissions: Permissions;
  /** Undefined for all that there are. */
  tools: ReadonlySet<ToolName> | undefined;
  model: ModelSettings;
  maxTurns: number | undefined;
  /** Definitions that its helpers can have. */
  helperTypes: readonly AgentDefinition[];
}

/** Of a subtask's own agent. Permissions and model are in the subtask as its definition leaves them. */
export function rightsOfSubtask(
  { agent, permissions, model, helpers }: Pick<Subtask, 'agent' | 'permissions' | 'model' | 'helpers'>,
  definitions: readonly AgentDefinition[],
): AgentRights {
  const definition = definitions.find(({ name }) => name === agent);
  return {
    role: definition?.prompt,
    permissions,
    tools: definition?.tools === undefined ? undefined : new Set(definition.tools),
    model,
    maxTurns: definition?.maxTurns,
    helperTypes: helpers === undefined ? [] : allowedTypes(definitions, definition),
  };
}

/** Of a helper, without a definition or with one of those that the agent's helpers can have. */
export function rightsOfHelper(own: AgentRights, definition: AgentDefinition | undefined): AgentRights {
  if (definition === undefined) return { ...own, role: undefined, maxTurns: undefined };
  const { tools, model, prompt, maxTurns } = definition;
  return {
    role: prompt,
    permissions: narrowPermissions(own.permissions, { ...definedPermissions(definition), allow: [] }),
    tools: tools === undefined ? own.tools : new Set(tools.filter((tool) => own.tools?.has(tool) ?? true)),
    model: withModel(own.model, model),
    maxTurns,
    helperTypes: allowedTypes(own.helperTypes, definition),
  };
}

/** Whether it can change nothing. */
export function readsOnly({ permissions, tools }: AgentRights): boolean {
  return permissions.mode === 'plan' || (tools !== undefined && [...tools].every((tool) => readingTools.has(tool)));
}

function allowedTypes(
  definitions: readonly AgentDefinition[],
  definition: AgentDefinition | undefined,
): readonly AgentDefinition[] {
  const { helperTypes } = definition ?? {};
  return helperTypes === undefined ? definitions : definitions.filter(({ name }) => helperTypes.includes(name));
}
