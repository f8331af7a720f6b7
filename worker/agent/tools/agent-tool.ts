/**
 * The tool by which an agent spawns a helper: another agent with a context of its own, whose last words are the result.
 * Made by executors/prompt.ts for subtasks with `helpers`; its definition is the same for all of them. Its specifiers in
 * permission rules are the names of definitions.
 */
import { z } from 'zod';
import { helperLimits } from '../../../ipc/index.ts';
import { agentNamePattern, stripControl } from '../../../tasks/index.ts';
import { createTool, type Tool, type ToolLimits, type ToolResult, toolDefinition } from './tool.ts';

/** What an agent wants of a helper. */
export interface HelperWish {
  description: string;
  prompt: string;
  /** Name of a definition. */
  type: string | undefined;
}

export interface HelperSpawner {
  /** Why there can't be one, in words for the model. */
  refusal(wish: HelperWish): string | undefined;
  /** Whether a helper with this definition can change nothing. */
  readsOnly(type: string | undefined): boolean;
  /** Never rejects for an expected failure; ends with the helper, soon after `signal` aborts. */
  spawn(wish: HelperWish, call: string, signal: AbortSignal): Promise<ToolResult>;
  /** What a helper may take, and what it gets to end when it is told to. */
  limits: ToolLimits;
}

const schema = z.strictObject({
  description: z.string().min(1).max(helperLimits.description).describe('What it is about, in a few words'),
  prompt: z
    .string()
    .min(1)
    .max(helperLimits.prompt)
    .describe('All that the helper must know and do: it sees nothing of what you have seen'),
  subagent_type: z
    .string()
    .regex(agentNamePattern)
    .optional()
    .describe('One of the kinds of helpers, where there are any; without it the helper is like you'),
});

const definition = toolDefinition(
  'Agent',
  'Has a helper do a part of your work: an agent with a context of its own, in your workspace, with no more rights than ' +
    'you have. Its last words come back as the result. Use it for what takes much reading and leaves little to tell, ' +
    'and ask for several in one reply when they do not depend on each other. What is quickly done, do yourself.',
  schema,
);

export function createAgentTool(spawner: HelperSpawner): Tool {
  const tool = createTool(definition, schema, false, ({ description, prompt, subagent_type: type }) => {
    const wish = { description: stripControl(description), prompt: stripControl(prompt), type };
    if (wish.prompt.trim() === '') return { ok: false, problem: 'The prompt is empty.' };
    const problem = spawner.refusal(wish);
    if (problem !== undefined) return { ok: false, problem };
    return {
      ok: true,
      summary: type === undefined ? wish.description : `${type}: ${wish.description}`,
      request: { tool: definition.name, effect: 'read', paths: [type ?? 'general'] },
      execute: (signal, call = '') => spawner.spawn(wish, call, signal),
    };
  });
  return {
    ...tool,
    readsOnly(input) {
      const parsed = schema.safeParse(input);
      return !parsed.success || spawner.readsOnly(parsed.data.subagent_type);
    },
    waits: true,
    goesOn: true,
    limits: spawner.limits,
  };
}
