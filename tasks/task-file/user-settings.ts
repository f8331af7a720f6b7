/** The settings of a user, for all their task files. Read by the command line from a place outside of repositories. */
import { z } from 'zod';
import { FanfoldError } from '../errors/fanfold-error.ts';
import { modelTableSchema } from '../plan/model-facts.ts';
import { allowedByIssue, issueProblems } from './issue-problems.ts';
import { formatFieldPath } from './problems.ts';
import { userRolesSchema } from './role-schemas.ts';

/** A function, since few users have settings. */
const userSettingsSchema = () =>
  z.strictObject(
    { $schema: z.string().optional(), models: modelTableSchema.optional(), roles: userRolesSchema().optional() },
    { error: 'an object with models and roles' },
  );
export type UserSettings = z.infer<ReturnType<typeof userSettingsSchema>>;

const mostShown = 20;

/** FanfoldError `settings-invalid` that names the file and every key that is wrong. */
export function parseUserSettings(text: string, path: string): UserSettings {
  let value: unknown;
  try {
    value = JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
  } catch (cause) {
    throw settingsError(path, [
      `found text that is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`,
    ]);
  }
  const schema = userSettingsSchema();
  const result = schema.safeParse(value, { error: allowedByIssue });
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap((issue) => issueProblems(issue, value, schema));
  throw settingsError(
    path,
    problems.map(({ path: field, key, message }) => {
      const place = formatFieldPath(key === undefined ? field : [...field, key]);
      return place === '' ? message : `${place}: ${message}`;
    }),
  );
}

function settingsError(path: string, problems: readonly string[]): FanfoldError {
  const lines = [...new Set(problems)].slice(0, mostShown).map((problem) => `  ${problem}`);
  return new FanfoldError({
    code: 'settings-invalid',
    message: `The settings ${path} are not valid:\n${lines.join('\n')}`,
    next: 'Correct the file; docs/models.md lists what it may hold.',
    data: { file: path },
  });
}
