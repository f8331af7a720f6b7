import type { Argv } from 'yargs';
import type { CommandContext } from './command-context.ts';
import { jsonOption, repositoryOption } from './command-options.ts';

/** Options of `fanfold send`. */
export function sendOptions<Options>(y: Argv<Options>) {
  return jsonOption(repositoryOption(y))
    .positional('words', { type: 'string', array: true, demandOption: true, describe: 'a subtask, then the text' })
    .option('all', { type: 'boolean', default: false, describe: 'to all agents that take messages' })
    .option('run', { type: 'string', requiresArg: true, describe: 'a run, or its beginning; else the one at work' });
}

/** `fanfold permissions` and the commands below it. */
export function permissionCommands<Options>(y: Argv<Options>, context: CommandContext, exit: (code: number) => void) {
  const handlers = () => import('./commands/permissions.ts');
  return y
    .command(
      '$0 [run]',
      'the requests that wait for an answer',
      (sub) => whichRun(sub),
      async (options) => exit(await (await handlers()).listPermissions(options, context)),
    )
    .command(
      'allow <request> [run]',
      'give leave',
      (sub) => whichRun(request(sub)),
      async (options) => exit(await (await handlers()).answerPermission({ ...options, allowed: true }, context)),
    )
    .command(
      'deny <request> [run]',
      'refuse it',
      (sub) => whichRun(request(sub)),
      async (options) => exit(await (await handlers()).answerPermission({ ...options, allowed: false }, context)),
    );
}

function request<Options>(y: Argv<Options>) {
  return y.positional('request', {
    type: 'string',
    demandOption: true,
    describe: 'a request, or the beginning of its id',
  });
}

function whichRun<Options>(y: Argv<Options>) {
  return jsonOption(repositoryOption(y)).positional('run', {
    type: 'string',
    describe: 'a run, or its beginning; else the one at work',
  });
}
