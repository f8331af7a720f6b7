import { appendFileSync, existsSync, statSync } from 'node:fs';
import { z } from 'zod';
import { oneLine } from '../../../tasks/index.ts';
import { type CommandResult, runCommand } from '../../processes/run-command.ts';
import { createTool, failed, succeeded, type Tool, type ToolResult, toolDefinition } from './tool.ts';
import type { ToolWorkspace } from './tool-workspace.ts';

const usualTimeoutMs = 120_000;
const longestTimeoutMs = 600_000;
const logLimitBytes = 10_000_000;
/** Characters from the start and from the end; what is too long for the agent is kept on disk. */
const keep = { head: 1_000_000, tail: 1_000_000 };

const schema = z.strictObject({
  command: z.string().min(1).max(100_000).describe('The command line'),
  timeout: z.int().min(1).max(longestTimeoutMs).optional().describe(`Time limit in ms; ${usualTimeoutMs} by default`),
  description: z.string().max(1_000).optional().describe('What it does, in a few words'),
});

const definition = toolDefinition(
  'Bash',
  'Runs a command line in the root of the workspace. Each call starts a new shell: folders and variables do not ' +
    'carry over. Nothing can be typed in, background processes end with the command, and of long output the start ' +
    'and the end are returned. Use Read, Glob, Grep and Edit rather than cat, find, grep and sed. Not every command ' +
    'is permitted; simple command lines are more likely to be.',
  schema,
);

export function createBashTool(workspace: ToolWorkspace): Tool {
  const shell = existsSync('/bin/bash') ? '/bin/bash' : '/bin/sh';
  return createTool(definition, schema, false, ({ command, timeout = usualTimeoutMs }) => ({
    ok: true,
    summary: oneLine(command, 200),
    request: { tool: 'Bash', effect: 'execute', command },
    async execute(signal) {
      const { jail, environment, commandLog } = workspace;
      const result = await runCommand({
        command: [shell, '-c', command],
        folder: jail.root,
        environment,
        signal,
        timeoutMs: timeout,
        keep,
        ...(commandLog === undefined ? {} : { logFile: commandLog, logLimitBytes: roomIn(commandLog, command) }),
      });
      return resultOf(result, timeout);
    },
  }));
}

function resultOf({ output, ended, exitCode, startError }: CommandResult, timeout: number): ToolResult {
  const text = output.trimEnd();
  const shown = text === '' ? '(no output)' : text;
  if (ended === 'not-started') return failed(`The command could not be started: ${startError ?? 'unknown reason'}.`);
  if (ended === 'timeout') return failed(`${shown}\n(ended after its time limit of ${timeout} ms)`);
  if (ended !== 'by-itself') return failed(`${shown}\n(ended by a signal)`);
  return exitCode === 0 ? succeeded(shown) : failed(`${shown}\n(exit code ${exitCode})`);
}

/** Heads the log with the command. All commands of an agent share one limit. */
function roomIn(log: string, command: string): number {
  const size = existsSync(log) ? statSync(log).size : 0;
  if (size >= logLimitBytes) return 0;
  appendFileSync(log, `$ ${command}\n`, { mode: 0o600 });
  return logLimitBytes - size;
}
