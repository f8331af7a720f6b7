/**
 * The Plan: a task file (or a planned goal) after validation and expansion. Nothing in it is a template any more.
 * It is plain JSON: it is journalled, shown by `fanfold plan`, and its subtasks travel to workers inside Assignments.
 */
import { z } from 'zod';
import { agentDefinitionSchema, agentNameSchema, helperLimitsSchema } from './agent-definition.ts';
import { effortSchema, thinkingSchema } from './model-effort.ts';
import { modelTableSchema } from './model-facts.ts';
import { permissionsSchema } from './permissions.ts';

export const subtaskIdSchema = z.string().regex(/^[a-z0-9-]{1,64}$/);

/** Who writes messages besides agents; no agent may have one of these as its id. */
export const correspondents = ['coordinator', 'person'] as const;

export const modelSettingsSchema = z.strictObject({
  /** Model name as the API knows it, or `replay:` and the absolute path of a recording. */
  name: z.string().min(1).max(4_200).optional(),
  /** Base URL of a server that speaks the Messages API; without it the SDK's own resolution applies. */
  baseUrl: z.url().optional(),
  /** Output tokens a turn may use. */
  maxTokens: z.int().min(1).max(1_000_000).optional(),
  /** A server that sends nothing for so long is asked again. */
  idleTimeoutMs: z.int().positive().optional(),
  /** Models that take a turn while those before them are overloaded, in order. */
  fallback: z.array(z.string().min(1).max(200)).max(8).optional(),
  /** Whether agents wait until the first of them has written what they share to the prompt cache; `auto` by default. */
  warmUp: z.enum(['auto', 'on', 'off']).optional(),
  /** How much work it puts into an answer; without it the server decides. */
  effort: effortSchema.optional(),
  /** Whether and how long it thinks before it answers; without it the server decides. */
  thinking: thinkingSchema.optional(),
  /** What the user says of these models; a recording may need all of them. Results do not depend on it. */
  facts: modelTableSchema.optional(),
});
export type ModelSettings = z.infer<typeof modelSettingsSchema>;

export const budgetSchema = z.strictObject({
  usd: z.number().positive().optional(),
  tokens: z.int().positive().optional(),
  minutes: z.number().positive().optional(),
});
export type Budget = z.infer<typeof budgetSchema>;

export const workspaceKindSchema = z.enum(['worktree', 'copy', 'none']);

const checkSettings = {
  /** False reports without deciding. */
  gate: z.boolean(),
  timeoutMs: z.int().positive(),
  /** Where it runs: in the subtask's workspace, on the merged tree, or both. */
  on: z.array(z.enum(['workspace', 'merged'])).min(1),
  /** The score it takes to pass. */
  minimum: z.number().min(0).max(1).optional(),
  /** It stands in the subtask itself, and decides whatever the base does; absent: in the file, and in older plans. */
  own: z.literal(true).optional(),
};
const checkName = z.string().min(1).max(64);

/** A command whose exit code decides; with `score` or `minimum` it prints a score as well. */
const commandCheckSchema = z.strictObject({
  name: checkName,
  run: z.string().min(1).max(65_536),
  ...checkSettings,
  score: z.literal(true).optional(),
});

/** A function in a module; `digest` names the module among those of the plan. */
const moduleCheckSchema = z.strictObject({
  name: checkName,
  module: z.strictObject({ path: z.string().min(1), digest: z.string().regex(/^[0-9a-f]{64}$/) }),
  ...checkSettings,
});

/** A model that judges by a rubric. */
const judgeCheckSchema = z.strictObject({
  name: checkName,
  judge: z.strictObject({
    rubric: z.string().min(1),
    model: modelSettingsSchema,
    /** Permission rules: what agents must not read, no judge reads. */
    deny: z.array(z.string()),
  }),
  ...checkSettings,
});

/** An evaluation function. */
export const checkSchema = z.union([commandCheckSchema, moduleCheckSchema, judgeCheckSchema]);
export type CommandCheck = z.infer<typeof commandCheckSchema>;
export type ModuleCheck = z.infer<typeof moduleCheckSchema>;
export type JudgeCheck = z.infer<typeof judgeCheckSchema>;
export type Check = z.infer<typeof checkSchema>;

/**
 * A module of checks with all that it imports by a relative path, as they were when the plan was made: the first is the
 * one that a check names. Paths are relative to the folder of the task file.
 */
export const checkModuleSchema = z.strictObject({
  /** SHA-256 of the files, see digestCheckModule. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  files: z.array(z.strictObject({ path: z.string().min(1), text: z.string() })).min(1),
});
export type CheckModule = z.infer<typeof checkModuleSchema>;

/** One ast-grep rule file; its text travels, so a worker needs no access to the task file's folder. */
export const ruleFileSchema = z.strictObject({ path: z.string(), text: z.string() });
export type RuleFile = z.infer<typeof ruleFileSchema>;

export const executorSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('prompt'), prompt: z.string().min(1) }),
  z.strictObject({ kind: z.literal('run'), command: z.string().min(1) }),
  z.strictObject({
    kind: z.literal('codemod'),
    rules: z.array(ruleFileSchema).min(1),
    /** Workspace-relative globs; an empty list means every file of the rules' languages. */
    files: z.array(z.string()),
  }),
]);
export type Executor = z.infer<typeof executorSchema>;

export const subtaskSchema = z.strictObject({
  id: subtaskIdSchema,
  title: z.string().max(200).optional(),
  /** Ids of subtasks that must have landed before; wildcards are resolved. */
  needs: z.array(subtaskIdSchema),
  executor: executorSchema,
  /** Workspace-relative globs the subtask may write; an empty list means anything inside the workspace. */
  writes: z.array(z.string()),
  /** FANFOLD_ITEM_* and other variables for commands. */
  environment: z.record(z.string(), z.string()),
  workspace: workspaceKindSchema,
  /** How often a failed attempt with `failure: transient | timeout` is tried again. */
  retries: z.int().min(0).max(10),
  /** How often its agent is told what keeps its work from being accepted, and goes on; absent: never. */
  repairs: z.int().min(0).max(10).optional(),
  /** So many agents try it, each for itself, and the best work counts; absent: one. */
  candidates: z.int().min(2).max(8).optional(),
  timeoutMs: z.int().positive(),
  permissions: permissionsSchema,
  model: modelSettingsSchema,
  /** The model that sums up its agent's conversation when the context is full; absent: its own. */
  summariser: modelSettingsSchema.optional(),
  /** Checks of the run and of the subtask, those with `on: workspace` first in order of the file. */
  checks: z.array(checkSchema),
  /** JSON Schema of the structured output this subtask owes, collected into results.jsonl. */
  output: z.strictObject({ schema: z.record(z.string(), z.unknown()) }).optional(),
  /** Workspace-relative globs of all that its result depends on; absent: everything there. */
  inputs: z.array(z.string()).optional(),
  /** Names of environment variables that its result depends on, besides those that always count; `*` at the end. */
  inputVariables: z.array(z.string()).optional(),
  /** The data file that its item came from, relative to the folder worked on; absent where there is none in there. */
  itemsFile: z.string().optional(),
  /** Over all attempts, of agents, their helpers and judges. */
  budget: budgetSchema.optional(),
  /** Its agent writes to others and is written to. */
  messages: z.literal(true).optional(),
  /** The entry of the task file whose `forEach` it came from, counted from 0; absent for those without one. */
  template: z.int().nonnegative().optional(),
  /** The definition that its agent has, by its name in the plan. */
  agent: agentNameSchema.optional(),
  /** Its agent may spawn helpers. */
  helpers: helperLimitsSchema.optional(),
});
export type Subtask = z.infer<typeof subtaskSchema>;

export const planSchema = z.strictObject({
  name: z.string(),
  /** The task file, relative to the folder worked on; absent where it lies elsewhere. */
  file: z.string().optional(),
  /** Set where the run only plans a goal. */
  purpose: z.literal('planning').optional(),
  goal: z.string().optional(),
  /** Commit-ish as written; pinned to a commit id when the run starts. */
  base: z.string(),
  /** Short branch name that receives the verified work, without refs/heads/. */
  into: z.string(),
  concurrency: z.int().positive().optional(),
  budget: budgetSchema.optional(),
  /** Variables for the commands of gates; those of a subtask's commands are in the subtask. */
  environment: z.record(z.string(), z.string()),
  /** Checks of the whole run with `on: merged`, the gates of the merge queue. */
  checks: z.array(checkSchema),
  /** Modules that checks name by their digests. */
  modules: z.array(checkModuleSchema).optional(),
  /** Definitions that agents and helpers of the run can have, as they were when it was planned. */
  agents: z.array(agentDefinitionSchema).optional(),
  /** In topological order. */
  subtasks: z.array(subtaskSchema),
});
export type Plan = z.infer<typeof planSchema>;
