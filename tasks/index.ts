export { fromErrorRecord, isAbortError, messageOf, toErrorRecord } from './errors/error-record.ts';
export { errorRecordSchema } from './errors/error-record-schema.ts';
export { type ErrorCode, type ErrorRecord, type FailureKind, FanfoldError } from './errors/fanfold-error.ts';
export type * from './events/events.ts';
export { isKnownEvent } from './events/known-events.ts';
export { expandTaskFile } from './expansion/expand-task-file.ts';
export type { ExpansionSources } from './expansion/expansion-sources.ts';
export { compilePattern } from './expansion/glob-pattern.ts';
export { matchGlobs } from './expansion/match-globs.ts';
export { isGitPath, isStatePath } from './expansion/own-paths.ts';
export { createPathIndex, literalStart, type PathIndex } from './expansion/path-index.ts';
export { shellQuote } from './expansion/shell-quote.ts';
export { orderSubtasks } from './graph/order-subtasks.ts';
export { resolveNeeds } from './graph/resolve-needs.ts';
export { type Permissions, permissionModes } from './plan/permissions.ts';
export * from './plan/plan.ts';
export { replayFile, replayName } from './plan/replay-name.ts';
export { addUsage, noUsage, totalTokens, type Usage, usageSchema } from './plan/usage.ts';
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
export { type LoadOptions, loadTaskFile } from './task-file/load-task-file.ts';
export { type ParseOptions, parseTaskFile } from './task-file/parse-task-file.ts';
export type { TaskFileProblem, TaskFileSource } from './task-file/problems.ts';
export { taskFileJsonSchema } from './task-file/task-file-json-schema.ts';
export type { TaskFile } from './task-file/task-file-schema.ts';
export { validateTaskFile } from './task-file/validate-task-file.ts';
export { firstDifference, type TextDifference } from './text/first-difference.ts';
export { oneLine, stripControl } from './text/strip-control.ts';
