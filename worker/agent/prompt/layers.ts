/** The second and third layer of the prompt, from an assignment. Called by executors/prompt.ts. */
import type { Assignment } from '../../../ipc/index.ts';
import { systemText } from './system-text.ts';

/**
 * What a model is told, from what is shared most to what is shared least. Siblings of a run have `system` and `run`
 * byte for byte in common.
 */
export interface PromptLayers {
  system: string;
  /** Equal for all agents of a run; may be empty. */
  run: string;
  /** What this agent is to do. */
  task: string;
}

export function promptLayers({ subtask, goal, instructions, agents }: Assignment, prompt: string): PromptLayers {
  const run = [
    section('Goal of the whole run', goal),
    section('Instructions of the project', instructions),
    section('Agents that take messages', subtask.messages === true ? correspondents(agents) : undefined),
  ];
  const workspaceChecks = subtask.checks.filter((check) => check.on.includes('workspace'));
  const task = [
    section('Your part', prompt),
    section('Your id', subtask.messages === true ? subtask.id : undefined),
    section('Files you may change', subtask.writes.length === 0 ? undefined : list(subtask.writes)),
    section('Checks your work must pass', list(workspaceChecks.map((check) => `${check.name}: ${check.run}`))),
    section('Limits', subtask.permissions.mode === 'plan' ? 'You may read only, not change anything.' : undefined),
    section('Result', subtask.output === undefined ? undefined : 'Hand in the result with the tool submit_result.'),
  ];
  return { system: systemText, run: joined(run), task: joined(task) };
}

function correspondents({ ids, total }: NonNullable<Assignment['agents']> = { ids: [], total: 0 }): string {
  const more = total > ids.length ? [`and ${total - ids.length} more`] : [];
  return `${list([...ids, ...more])}\n\nThey work at the same time as you, or later. Write to them with SendMessage.`;
}

function section(title: string, text: string | undefined): string {
  const body = text?.trim() ?? '';
  return body === '' ? '' : `# ${title}\n\n${body}`;
}

function list(entries: readonly string[]): string {
  return entries.map((entry) => `- ${entry}`).join('\n');
}

function joined(sections: readonly string[]): string {
  return sections.filter((text) => text !== '').join('\n\n');
}
