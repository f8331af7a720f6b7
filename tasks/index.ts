export { fromErrorRecord, isAbortError, messageOf, toErrorRecord } from './errors/error-record.ts';
export { errorRecordSchema } from './errors/error-record-schema.ts';
export { type ErrorCode, type ErrorRecord, type FailureKind, FanfoldError } from './errors/fanfold-error.ts';
export type * from './events/events.ts';
export { type PermissionMode, type Permissions, permissionModes, permissionsSchema } from './plan/permissions.ts';
export * from './plan/plan.ts';
export { addUsage, noUsage, totalTokens, type Usage, usageSchema } from './plan/usage.ts';
