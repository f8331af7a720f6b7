import type { FieldPath } from '../task-file/problems.ts';
import type { SubtaskTemplate } from '../task-file/subtask-template-schema.ts';
import type { TaskFile } from '../task-file/task-file-schema.ts';
import type { ProblemCollector } from './problem-collector.ts';

/** How many agents try a subtask; undefined for one. What the defaults say may not go with several. */
export function compileCandidates(
  { defaults = {} }: TaskFile,
  { candidates = 1, workspace, messages }: SubtaskTemplate,
  path: FieldPath,
  problems: ProblemCollector,
): number | undefined {
  if (candidates === 1) return undefined;
  const at = [...path, 'candidates'];
  if ((workspace ?? defaults.workspace) === 'none') {
    problems.add({
      path: at,
      message: `found ${candidates} candidates in one folder; allowed with workspace worktree or copy, where each has its own`,
    });
  }
  if (messages ?? defaults.messages ?? false) {
    problems.add({
      path: at,
      message: `found ${candidates} candidates of an agent that takes messages; allowed with messages: false, since a message is for one agent`,
    });
  }
  return candidates;
}
