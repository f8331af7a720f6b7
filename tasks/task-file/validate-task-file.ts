import { allowedByIssue, issueProblems } from './issue-problems.ts';
import { type TaskFileSource, taskFileError } from './problems.ts';
import { type TaskFile, taskFileSchema } from './task-file-schema.ts';

/**
 * A value (from a file, a module or a planning model) as a task file.
 * Throws FanfoldError `task-file-invalid` that lists every problem, with positions where the source knows them.
 */
export function validateTaskFile(value: unknown, source: TaskFileSource = {}): TaskFile {
  const result = taskFileSchema.safeParse(value, { error: allowedByIssue });
  if (result.success) return result.data;
  throw taskFileError(
    result.error.issues.flatMap((issue) => issueProblems(issue, value, taskFileSchema)),
    source,
  );
}
