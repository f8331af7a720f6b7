import type { FanfoldError } from '../../tasks/index.ts';

/** What the planner is asked. The repository is only read; the answer is a task file. */
export function planningPrompt(goal: string): string {
  return `Split this goal into subtasks that independent agents can do in parallel, each in its own checkout:

<goal>
${goal}
</goal>

Look at the repository first (Glob, Grep, Read): find out which files the goal concerns and how they depend on each other. Then submit a task file.

Rules for a good plan:
- \`version\` is 1; \`name\` is short, lower-case letters, digits and dashes.
- One subtask per part of the repository that can be changed and checked by itself, as few as do the work well.
- Each subtask has an \`id\`, a \`title\`, exactly one of \`prompt\`, \`run\` or \`codemod\`, and \`writes\`: globs of the files it may change. Write-sets of different subtasks should not overlap.
- A \`prompt\` must stand by itself: the agent that gets it knows the goal and the repository, and nothing of this conversation.
- \`needs\` only where a subtask must see the landed work of another.
- \`checks\` holds commands of this repository that prove the work (its build, types or tests), if there are any.
- Use \`forEach\` where the same work is to be done for many files; not with \`command\`.
- Leave \`permissions\`, \`model\`, \`models\` and \`roles\` away: the person who runs the plan sets them.`;
}

/** The one repair round: the proposal, and what is wrong with it. */
export function repairPrompt(goal: string, proposal: unknown, problem: FanfoldError): string {
  return `${planningPrompt(goal)}

You proposed this task file:

\`\`\`json
${JSON.stringify(proposal, undefined, 2)}
\`\`\`

It was refused:

${problem.message}
${problem.next}

Submit a corrected task file.`;
}
