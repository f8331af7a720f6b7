/**
 * Gives subtasks the definitions that they name: their permissions are narrowed, their model is set. Called by
 * expand-task-file.ts before items are expanded. Promise: definitions are asked for only where they can be needed, and
 * those that are needed are returned, to be pinned in the plan.
 */
import { type AgentDefinition, definedPermissions } from '../plan/agent-definition.ts';
import { narrowPermissions } from '../plan/narrow-permissions.ts';
import type { ModelSettings } from '../plan/plan.ts';
import { replayFile } from '../plan/replay-name.ts';
import { nearMatches } from '../task-file/near-matches.ts';
import type { AgentCatalog } from './agent-catalog.ts';
import type { CompiledSubtask } from './compile-subtask.ts';
import type { ExpansionSources } from './expansion-sources.ts';
import type { ProblemCollector } from './problem-collector.ts';

const mostShown = 20;

export async function resolveAgents(
  compiled: readonly CompiledSubtask[],
  sources: ExpansionSources,
  problems: ProblemCollector,
): Promise<{ subtasks: readonly CompiledSubtask[]; agents: AgentDefinition[] }> {
  const haveHelpers = compiled.some(({ helpers }) => helpers !== undefined);
  if (!haveHelpers && compiled.every(({ agent }) => agent === undefined)) return { subtasks: compiled, agents: [] };
  const catalog: AgentCatalog = (await sources.agents?.()) ?? { definitions: [], unusable: [] };
  const byName = new Map(catalog.definitions.map((definition) => [definition.name, definition]));
  const used = new Set<AgentDefinition>(haveHelpers ? catalog.definitions : []);
  const subtasks = compiled.map((subtask) => {
    if (subtask.agent === undefined) return subtask;
    const { name, path } = subtask.agent;
    const definition = byName.get(name);
    if (definition === undefined) {
      problems.add({ path, message: `found ${JSON.stringify(name)}; allowed ${allowed(name, catalog)}` });
      return subtask;
    }
    used.add(definition);
    return defined(subtask, definition);
  });
  return { subtasks, agents: catalog.definitions.filter((definition) => used.has(definition)) };
}

function defined(subtask: CompiledSubtask, definition: AgentDefinition): CompiledSubtask {
  return {
    ...subtask,
    permissions: narrowPermissions(subtask.permissions, definedPermissions(definition)),
    model: subtask.template.model?.name === undefined ? withModel(subtask.model, definition.model) : subtask.model,
  };
}

/** The settings with another model, unless replies are replayed; how a model thinks is said of that model. */
export function withModel(settings: ModelSettings, name: string | undefined): ModelSettings {
  if (name === undefined || name === settings.name || replayFile(settings.name) !== undefined) return settings;
  const { effort: _, thinking: __, ...rest } = settings;
  return { ...rest, name };
}

function allowed(name: string, { definitions, unusable }: AgentCatalog): string {
  const broken = unusable.find((file) => file.name === name);
  if (broken !== undefined) return `it once ${broken.path} is put right: ${broken.problem}`;
  const names = definitions.map((definition) => definition.name);
  if (names.length === 0) return 'an agent that is defined, and none is: write .fanfold/agents/<name>.md';
  const near = nearMatches(name, names);
  const more = names.length > mostShown ? ` and ${names.length - mostShown} more` : '';
  const meant = near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`;
  return `${names.slice(0, mostShown).join(', ')}${more}${meant}`;
}
