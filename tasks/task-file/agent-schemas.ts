/** What a task file says of the agent of a subtask and of its helpers. Used by the schemas of subtasks and defaults. */
import { z } from 'zod';
import { agentNamePattern, helperBounds } from '../plan/agent-definition.ts';

const agentError = 'the name of an agent, as `fanfold agents` lists them';

export const agentFieldSchema = z
  .string({ error: agentError })
  .regex(agentNamePattern, { error: agentError })
  .describe(
    'The agent that does it, by the name in its definition: a Markdown file in .fanfold/agents or .claude/agents.',
  );

const limit = (most: number) => {
  const error = `a whole number from 1 to ${most}`;
  return z.int({ error }).min(1, { error }).max(most, { error });
};

export const helpersFieldSchema = z
  .strictObject(
    {
      depth: limit(helperBounds.depth)
        .optional()
        .meta({ description: 'How deep: with 1 helpers have no helpers of their own.', default: 1 }),
      count: limit(helperBounds.count)
        .optional()
        .meta({ description: 'How many in one attempt of the subtask, at all depths together.', default: 8 }),
    },
    { error: 'an object with depth and count' },
  )
  .meta({
    title: 'Helpers',
    description: 'Lets the agent spawn helpers with the tool Agent. Without it there is none.',
  });
