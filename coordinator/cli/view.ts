import { createJsonView } from '../reporting/json-view.ts';
import { createLiveView } from '../reporting/live-view.ts';
import { createPlainView } from '../reporting/plain-view.ts';
import { terminalSettings } from '../reporting/terminal-settings.ts';
import type { View } from '../reporting/view.ts';
import type { CommandContext } from './command-context.ts';

/** NDJSON on standard output for programs, a live view for a person at a terminal, plain lines for a log. */
export function chooseView(json: boolean, { stdout, environment }: CommandContext): View {
  if (json) return createJsonView({ stream: stdout });
  const settings = terminalSettings(stdout, environment);
  return settings.live ? createLiveView({ stream: stdout, settings }) : createPlainView({ stream: stdout });
}
