import { durationSchema, FanfoldError, parseDuration } from '../../tasks/index.ts';
import type { Attendance } from '../dispatch/mail-permissions.ts';
import { isUnattended } from '../reporting/terminal-settings.ts';
import type { View } from '../reporting/view.ts';
import type { CommandContext } from './command-context.ts';
import { createPermissionPrompt } from './permission-prompt.ts';

export interface AttendanceArguments {
  json: boolean;
  attended: boolean | undefined;
  askTimeout: string | undefined;
}

const usualTimeout = '10m';

/**
 * Who can be asked for leave: a person at the terminal, or, with --attended, in another shell. Undefined where nobody
 * is there: without a terminal, in CI and for programs, unless --attended says otherwise.
 */
export function attendanceOf(
  { json, attended, askTimeout }: AttendanceArguments,
  context: Pick<CommandContext, 'stdin' | 'stderr' | 'environment'>,
  view: View,
): Attendance | undefined {
  const timeoutMs = timeoutOf(askTimeout ?? usualTimeout);
  const { stdin, stderr, environment } = context;
  const hasTerminal = stdin.isTTY && stderr.isTTY && !json;
  if (!(attended ?? (hasTerminal && !isUnattended(environment)))) return undefined;
  return { timeoutMs, ...(hasTerminal ? { person: createPermissionPrompt({ stdin, stderr, view }) } : {}) };
}

function timeoutOf(text: string): number {
  const parsed = durationSchema.safeParse(/^\d+(\.\d+)?$/.test(text) ? Number(text) : text);
  if (parsed.success) return parseDuration(parsed.data);
  throw new FanfoldError({
    code: 'usage',
    message: `--ask-timeout takes a duration, not ${JSON.stringify(text)}.`,
    next: 'Write it like 10m, 90s, 1h30m, or as a number of seconds; leave it away for 10 minutes.',
  });
}
