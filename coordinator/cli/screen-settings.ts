import { terminalSettings } from '../reporting/terminal-settings.ts';
import type { CommandContext } from './command-context.ts';

/** Colour and width for what a command prints on a stream; `pipedColumns` where it is no terminal. */
export function screenSettings(
  stream: CommandContext['stdout'],
  { environment }: CommandContext,
  pipedColumns = 100,
): { color: boolean; columns: number } {
  return { color: terminalSettings(stream, environment).color, columns: stream.columns || pipedColumns };
}
