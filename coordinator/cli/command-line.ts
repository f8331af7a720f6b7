/**
 * The table of commands. Called by main.ts with the arguments after `fanfold`. Promise: every error is printed with
 * its next step, and the exit code is one of run/exit-code.ts. Handlers are loaded when their command runs.
 */
import yargs, { type Argv } from 'yargs';
import { toErrorRecord } from '../../tasks/index.ts';
import { formatError } from '../reporting/format-error.ts';
import { terminalSettings } from '../reporting/terminal-settings.ts';
import { exitCodeOfError, exitCodes } from '../run/exit-code.ts';
import type { CommandContext } from './command-context.ts';
import {
  cleanOptions,
  jsonOption,
  planOptions,
  positionalGoal,
  repositoryOption,
  resumeOptions,
  runAtWork,
  runOptionNames,
  runOptions,
  statusOptions,
  workerOptions,
} from './command-options.ts';
import { explainUsage, refuseWords } from './explain-usage.ts';
import { mailboxCommands } from './mailbox-commands.ts';
import { permissionCommands, sendOptions } from './permission-commands.ts';

export async function runCommandLine(args: string[], context: CommandContext): Promise<number> {
  let exitCode: number = exitCodes.success;
  try {
    await commands(args, context, (code) => {
      exitCode = code;
    }).parseAsync();
    return exitCode;
  } catch (error) {
    const record = toErrorRecord(error);
    const { color } = terminalSettings(context.stderr, context.environment);
    context.stderr.write(`${formatError(record, { color })}\n`);
    return exitCodeOfError(record);
  }
}

function commands(args: string[], context: CommandContext, exit: (code: number) => void): Argv {
  const y = yargs(args);
  return y
    .scriptName('fanfold')
    .usage('$0 <command>\n\nFan a goal out over many sub-agents, fold their work back into one verified change.')
    .command(
      'run <target..>',
      'run a task file, or a goal in words',
      (y) => unlisted(runOptions(planOptions(positionalGoal(y))), args),
      async (options) => exit(await (await import('./commands/run.ts')).run(options, context)),
    )
    .command(
      'plan <target..>',
      'show what a task file or a goal would run',
      (y) =>
        planOptions(positionalGoal(y)).option('out', {
          type: 'string',
          requiresArg: true,
          describe: 'save the plan of a goal as a task file',
        }),
      async (options) => exit(await (await import('./commands/plan.ts')).plan(options, context)),
    )
    .command(
      'resume [run]',
      'go on with a run that was interrupted; the newest one without a name',
      (y) => resumeOptions(y.positional('run', { type: 'string', describe: 'a run, or its beginning' })),
      async (options) => exit(await (await import('./commands/resume.ts')).resume(options, context)),
    )
    .command(
      'status [run..]',
      'show the runs there are, or one of them, or the scores of checks in them',
      statusOptions,
      async (options) => exit(await (await import('./commands/status.ts')).status(options, context)),
    )
    .command(
      'logs <run> [subtask]',
      'show what happened in a run, or in one of its subtasks',
      (y) =>
        jsonOption(repositoryOption(y))
          .positional('run', { type: 'string', demandOption: true, describe: 'a run, or its beginning' })
          .positional('subtask', { type: 'string', describe: 'a subtask' })
          .option('follow', {
            alias: 'f',
            type: 'boolean',
            default: false,
            describe: 'go on until the run has ended',
          })
          .option('cache', {
            type: 'boolean',
            default: false,
            describe: 'show what agents read from the prompt cache, what they wrote, and why they missed it',
          }),
      async (options) => exit(await (await import('./commands/logs.ts')).logs(options, context)),
    )
    .command(
      'cancel [run]',
      'end a run that is at work, or one of its subtasks',
      (y) => runAtWork(y).option('subtask', { type: 'string', requiresArg: true, describe: 'end only this subtask' }),
      async (options) => exit(await (await import('./commands/cancel.ts')).cancel(options, context)),
    )
    .command(
      'pause [run]',
      'start nothing more of a run that is at work',
      (y) => runAtWork(y),
      async (options) => exit(await (await import('./commands/pause.ts')).pause(options, context)),
    )
    .command(
      'continue [run]',
      'go on with a run that was paused',
      (y) => runAtWork(y),
      async (options) => exit(await (await import('./commands/continue.ts')).continueRun(options, context)),
    )
    .command(
      'worker [run]',
      'work for a run that is at work, beside its own threads',
      (y) => workerOptions(runAtWork(y)),
      async (options) => exit(await (await import('./commands/worker.ts')).worker(options, context)),
    )
    .command(
      'send <words..>',
      'write to an agent that is at work: fanfold send <subtask> "text"',
      (y) => sendOptions(y),
      async (options) => exit(await (await import('./commands/send.ts')).send(options, context)),
    )
    .command('permissions', 'show what agents ask leave for, and answer', (y) => permissionCommands(y, context, exit))
    .command('mailbox', "look into a run's mailbox, and deliver dead messages again", (y) =>
      mailboxCommands(y, context, exit),
    )
    .command(
      'clean [run..]',
      'remove what dead and ended runs left: worktrees, processes, locks, branches',
      (y) => cleanOptions(y),
      async (options) => exit(await (await import('./commands/clean.ts')).clean(options, context)),
    )
    .command(
      'init',
      'write a commented task file and .fanfold/',
      (y) =>
        repositoryOption(y).option('force', { type: 'boolean', default: false, describe: 'overwrite fanfold.yml' }),
      async (options) => exit(await (await import('./commands/init.ts')).init(options, context)),
    )
    .command(
      'models [file]',
      'show what is known of models, and which of them do what; of a task file, where one is named',
      (y) =>
        jsonOption(y).positional('file', { type: 'string', describe: 'a task file' }).option('trust', {
          type: 'boolean',
          default: false,
          describe: 'let a task file that is a module run its code',
        }),
      async (options) => exit(await (await import('./commands/models.ts')).models(options, context)),
    )
    .command(
      'schema',
      'print the JSON Schema of task files',
      (y) => y,
      async () => exit(await (await import('./commands/schema.ts')).schema({}, context)),
    )
    .command(
      'agents',
      'list the definitions of agents that a task file can name',
      (y) =>
        jsonOption(repositoryOption(y)).option('base', {
          type: 'string',
          requiresArg: true,
          describe: 'read those of the repository at this commit instead of HEAD',
        }),
      async (options) => exit(await (await import('./commands/agents.ts')).agents(options, context)),
    )
    .command(
      'doctor',
      'tell what is missing on this machine and how to get it',
      (y) => jsonOption(repositoryOption(y)),
      async (options) => exit(await (await import('./commands/doctor.ts')).doctor(options, context)),
    )
    .completion('completion', 'print a script for shell completion')
    .demandCommand(1, 'Name a command, for instance `fanfold run fanfold.yml`.')
    .strict()
    .middleware((given) => refuseWords(given, args, y), true)
    .version(context.version)
    .help()
    .alias('help', 'h')
    .wrap(Math.min(100, context.stdout.columns || 100))
    .exitProcess(false)
    .fail((message, error) => {
      if (error instanceof Error && error.name !== 'YError') throw error;
      throw explainUsage(message ?? error.message, args, y);
    });
}

/** yargs lays out the help of every command it runs, asked for or not; for the options of `run` that costs 30 ms. */
function unlisted<Options>(y: Argv<Options>, args: readonly string[]): Argv<Options> {
  const asked = args.some((arg) => /^(--help|-h|--get-yargs-completions)$/.test(arg));
  if (!asked) for (const key of runOptionNames) y.hide(key);
  return y;
}
