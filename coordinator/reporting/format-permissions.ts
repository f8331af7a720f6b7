import { oneLine, type PermissionRequested } from '../../tasks/index.ts';
import { formatElapsed } from './amounts.ts';
import { createPaint } from './paint.ts';

export interface FormatPermissionsOptions {
  color?: boolean;
  /** Milliseconds since the epoch. */
  now: number;
}

/** The requests that wait, whole: whoever gives leave must see what for. */
export function formatPermissions(
  run: string,
  permissions: readonly PermissionRequested[],
  { color = false, now }: FormatPermissionsOptions,
): string {
  if (permissions.length === 0) return `No agent of ${run} waits for leave.`;
  const paint = createPaint(color);
  const lines = permissions.flatMap(({ request, subtask, tool, summary, reason, time }) => [
    `${paint('bold', request)}  ${oneLine(subtask, 64)}  ${oneLine(tool, 100)}: ${oneLine(summary, 4_000)}`,
    `          ${oneLine(reason, 1_000)} Asked ${formatElapsed(now - Date.parse(time))} ago.`,
  ]);
  return [...lines, '', 'Answer with: fanfold permissions allow <request>, or deny <request>'].join('\n');
}
