import type { HelperLimits } from '../plan/agent-definition.ts';
import type { FieldPath } from '../task-file/problems.ts';
import type { SubtaskTemplate } from '../task-file/subtask-template-schema.ts';
import type { TaskFile } from '../task-file/task-file-schema.ts';

const usualDepth = 1;
const usualCount = 8;

/** The definition that a subtask or the defaults name, with its place; undefined where there is no agent. */
export function nameAgent(
  { defaults }: TaskFile,
  { prompt, agent }: SubtaskTemplate,
  path: FieldPath,
): { name: string; path: FieldPath } | undefined {
  if (prompt === undefined) return undefined;
  if (agent !== undefined) return { name: agent, path: [...path, 'agent'] };
  return defaults?.agent === undefined ? undefined : { name: defaults.agent, path: ['defaults', 'agent'] };
}

/** Undefined where its agent has no helpers. */
export function compileHelpers({ defaults }: TaskFile, { prompt, helpers }: SubtaskTemplate): HelperLimits | undefined {
  const written = helpers ?? defaults?.helpers;
  if (prompt === undefined || written === undefined) return undefined;
  return { depth: written.depth ?? usualDepth, count: written.count ?? usualCount };
}
