/** The second and third layer of the prompt, from an assignment. Called by executors/prompt.ts. */
import type { Assignment } from '../../../ipc/index.ts';
import type { Check } from '../../../tasks/index.ts';
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

/** What is told to an agent besides its assignment. */
export interface PromptExtras {
  /** Of its definition. */
  role?: string;
  /** Definitions that its helpers can have. */
  helperTypes?: readonly { name: string; description: string }[];
  /** It works for another agent of the same subtask. */
  isHelper?: boolean;
}

export function promptLayers(
  { subtask, goal, instructions, agents }: Assignment,
  prompt: string,
  { role, helperTypes = [], isHelper = false }: PromptExtras = {},
): PromptLayers {
  const run = [
    section('Goal of the whole run', goal),
    section('Instructions of the project', instructions),
    section('Agents that take messages', subtask.messages === true ? correspondents(agents) : undefined),
    section('Kinds of helpers', list(helperTypes.map(({ name, description }) => `${name}: ${description}`))),
    section('Your role', role),
  ];
  const workspaceChecks = subtask.checks.filter((check) => check.on.includes('workspace'));
  const task = [
    section('Your part', prompt),
    section('Who you work for', isHelper ? forWhom : undefined),
    section('Your id', subtask.messages === true ? subtask.id : undefined),
    section('Files you may change', subtask.writes.length === 0 ? undefined : list(subtask.writes)),
    section('Checks your work must pass', list(workspaceChecks.map(checkText))),
    section('Limits', subtask.permissions.mode === 'plan' ? 'You may read only, not change anything.' : undefined),
    section('Result', subtask.output === undefined ? undefined : 'Hand in the result with the tool submit_result.'),
  ];
  return { system: systemText, run: joined(run), task: joined(task) };
}

const forWhom =
  'Another agent has asked you for this, and shares its workspace with you. It gets nothing of you but your last reply: put all in there that it needs, with the paths and lines it can look at.';

function correspondents({ ids, total }: NonNullable<Assignment['agents']> = { ids: [], total: 0 }): string {
  const more = total > ids.length ? [`and ${total - ids.length} more`] : [];
  return `${list([...ids, ...more])}\n\nThey work at the same time as you, or later. Write to them with SendMessage.`;
}

function checkText(check: Check): string {
  if ('run' in check) return `${check.name}: ${check.run}`;
  if ('module' in check) return `${check.name}: a function looks at your work (${check.module.path})`;
  return `${check.name}: a judge reads your work by this rubric:\n\n${check.judge.rubric.trim()}\n`;
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
