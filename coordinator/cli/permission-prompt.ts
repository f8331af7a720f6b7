import { oneLine } from '../../tasks/index.ts';
import type { Attendance } from '../dispatch/mail-permissions.ts';
import { askYesOrNo, type Terminal } from './ask-yes-or-no.ts';

/** Asks a person at the terminal for leave. Called by the run for one request at a time. */
export function createPermissionPrompt(terminal: Terminal): NonNullable<Attendance['person']> {
  return ({ subtask, tool, summary }, signal) =>
    askYesOrNo(oneLine(`Allow ${subtask} to use ${tool}: ${summary}`, 4_000), terminal, signal);
}
