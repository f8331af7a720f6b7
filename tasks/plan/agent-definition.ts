/**
 * An agent as a Markdown file defines it: who it is, and what it may do at most. Read by the coordinator, pinned in the
 * Plan. Promise: a definition narrows what the task file allows; see narrow-permissions.ts.
 */
import { z } from 'zod';
import { permissionModes, permissionRuleSchema } from './permissions.ts';

/** Tools that agents have, by the names that definitions use. */
export const toolNames = ['Read', 'Write', 'Edit', 'Glob', 'Grep', 'Bash', 'SendMessage', 'Agent'] as const;
export type ToolName = (typeof toolNames)[number];

export const agentNamePattern = /^[A-Za-z0-9][\w.-]{0,63}$/;
export const agentNameSchema = z.string().regex(agentNamePattern);

const rules = z.array(permissionRuleSchema).max(1000);

const agentPermissionsSchema = z.strictObject({
  /** The most it may have. */
  mode: z.enum(permissionModes).optional(),
  /** Only of a definition of the user's own. */
  allow: rules,
  ask: rules,
  deny: rules,
});
export type AgentPermissions = z.infer<typeof agentPermissionsSchema>;

export const agentDefinitionSchema = z.strictObject({
  name: agentNameSchema,
  /** What it is for, on one line: agents choose helpers by it. */
  description: z.string().min(1).max(2_000),
  /** Who it is and how it works. */
  prompt: z.string().max(200_000),
  /** All that it has; absent: every tool that its subtask has. */
  tools: z.array(z.enum(toolNames)).max(toolNames.length).optional(),
  /** Definitions that its own helpers may have; absent: any, and none at all. */
  helperTypes: z.array(agentNameSchema).max(1000).optional(),
  /** Name of a model as the API knows it; absent: that of its subtask, or of the agent that it helps. */
  model: z.string().min(1).max(200).optional(),
  /** Requests to the model. */
  maxTurns: z.int().min(1).max(1_000).optional(),
  permissions: agentPermissionsSchema,
  /** It came with the repository; absent: it is the user's own, or the plan is an older one. */
  source: z.literal('repository').optional(),
});
export type AgentDefinition = z.infer<typeof agentDefinitionSchema>;

/** Tools that change nothing, nor let a helper do so that has no others. */
export const readingTools: ReadonlySet<ToolName> = new Set(['Read', 'Glob', 'Grep', 'SendMessage', 'Agent']);

/** What a definition says of permissions; who has no tool to change anything with may read only. */
export function definedPermissions({ permissions, tools }: AgentDefinition): AgentPermissions {
  const readsOnly = tools?.every((tool) => readingTools.has(tool)) === true;
  return readsOnly ? { ...permissions, mode: 'plan' } : permissions;
}

/** The longest chain of helpers, and the most helpers that an attempt of a subtask may have. */
export const helperBounds = { depth: 3, count: 64 } as const;

export const helperLimitsSchema = z.strictObject({
  /** 1: helpers have none of their own. */
  depth: z.int().min(1).max(helperBounds.depth),
  /** Over all depths. */
  count: z.int().min(1).max(helperBounds.count),
});
export type HelperLimits = z.infer<typeof helperLimitsSchema>;

/** How deep helpers of a plan's subtasks can go; 0 where none has any. */
export function helperDepth({ subtasks }: { subtasks: readonly { helpers?: HelperLimits | undefined }[] }): number {
  return subtasks.reduce((deepest, { helpers }) => Math.max(deepest, helpers?.depth ?? 0), 0);
}
