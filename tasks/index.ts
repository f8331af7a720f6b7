export { fromErrorRecord, isAbortError, messageOf, toErrorRecord } from './errors/error-record.ts';
export { errorRecordSchema } from './errors/error-record-schema.ts';
export { type ErrorCode, type ErrorRecord, type FailureKind, FanfoldError } from './errors/fanfold-error.ts';
export { type CandidateResult, candidateResultSchema } from './events/candidate-result.ts';
export type * from './events/events.ts';
export type * from './events/forecast.ts';
export { isKnownEvent } from './events/known-events.ts';
export type { AgentCatalog } from './expansion/agent-catalog.ts';
export { expandTaskFile } from './expansion/expand-task-file.ts';
export type { ExpansionSources } from './expansion/expansion-sources.ts';
export { compilePattern } from './expansion/glob-pattern.ts';
export { matchGlobs } from './expansion/match-globs.ts';
export { isAgentsPath, isGitPath, isStatePath } from './expansion/own-paths.ts';
export { createPathIndex, literalStart, type PathIndex } from './expansion/path-index.ts';
export { withModel } from './expansion/resolve-agents.ts';
export {
  agentModels,
  judgeModel,
  modelTableOf,
  overlayModel,
  roleModel,
  type UserModels,
} from './expansion/role-models.ts';
export { shellQuote } from './expansion/shell-quote.ts';
export { orderSubtasks } from './graph/order-subtasks.ts';
export { resolveNeeds } from './graph/resolve-needs.ts';
export {
  type AgentDefinition,
  type AgentPermissions,
  agentDefinitionSchema,
  agentNamePattern,
  definedPermissions,
  type HelperLimits,
  helperBounds,
  helperDepth,
  readingTools,
  type ToolName,
  toolNames,
} from './plan/agent-definition.ts';
export { modelAliases, modelOfAlias } from './plan/model-aliases.ts';
export { efforts } from './plan/model-effort.ts';
export {
  defaultModelName,
  type ModelFactsFields,
  type ModelTableFields,
  overlayFacts,
  type PriceFields,
  undatedModelName,
} from './plan/model-facts.ts';
export { narrowPermissions } from './plan/narrow-permissions.ts';
export { type Permissions, permissionModes, permissionRuleSchema } from './plan/permissions.ts';
export * from './plan/plan.ts';
export { replayFile, replayName } from './plan/replay-name.ts';
export { serverUrlSchema } from './plan/server-url.ts';
export { addUsage, noUsage, totalTokens, type Usage, usageSchema, usageWithout } from './plan/usage.ts';
export {
  compiledWriteSetsOverlap,
  compileWriteSet,
  type WriteSet,
} from './plan/write-set.ts';

export { reduceEvents, reduceRun } from './run-state/reduce-run.ts';
export {
  initialResumePoint,
  type ResumePoint,
  reduceResumePoint,
  type SubtaskPoint,
} from './run-state/resume-point.ts';
export {
  initialRunState,
  type RunState,
  type SubtaskState,
} from './run-state/run-state.ts';
export { subtaskCounts } from './run-state/subtask-counts.ts';
export { isBranchName } from './task-file/branch-name.ts';
export { durationSchema, parseDuration } from './task-file/duration.ts';
export { limits } from './task-file/limits.ts';
export { type LoadOptions, loadTaskFile } from './task-file/load-task-file.ts';
export { canImportTypeScript } from './task-file/load-task-module.ts';
export { nearMatches } from './task-file/near-matches.ts';
export { type ParseOptions, parseTaskFile } from './task-file/parse-task-file.ts';
export { type TaskFileProblem, type TaskFileSource, taskFileError } from './task-file/problems.ts';
export { type ModelRole, modelRoles } from './task-file/role-schemas.ts';
export { taskFileJsonSchema } from './task-file/task-file-json-schema.ts';
export type { TaskFile } from './task-file/task-file-schema.ts';
export { parseUserSettings } from './task-file/user-settings.ts';
export { validateTaskFile } from './task-file/validate-task-file.ts';
export { tokensText, usdText } from './text/amount-texts.ts';
export { fence } from './text/fence.ts';
export { firstDifference, type TextDifference } from './text/first-difference.ts';
export { oneLine, stripControl } from './text/strip-control.ts';
