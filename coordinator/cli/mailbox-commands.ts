import type { Argv } from 'yargs';
import type { CommandContext } from './command-context.ts';
import { jsonOption, repositoryOption } from './command-options.ts';

/** The commands below `fanfold mailbox`. */
export function mailboxCommands<Options>(y: Argv<Options>, context: CommandContext, exit: (code: number) => void) {
  const handlers = () => import('./commands/mailbox.ts');
  return y
    .command(
      'ls [run]',
      'what is in the boxes: the figures, and the messages that are not done',
      (sub) => {
        const all = { type: 'boolean', default: false, describe: 'every message, also those that are done' } as const;
        return whichRun(sub).option('all', all);
      },
      async (options) => exit(await (await handlers()).listMessages(options, context)),
    )
    .command(
      'show <id> [run]',
      'one message with its content',
      (sub) => whichRun(messageId(sub)),
      async (options) => exit(await (await handlers()).showMessage(options, context)),
    )
    .command(
      'dead [run]',
      'the messages that were given up, why, and what to do',
      (sub) => whichRun(sub),
      async (options) => exit(await (await handlers()).listDead(options, context)),
    )
    .command(
      'requeue <id> [run]',
      'deliver a dead message again',
      (sub) => {
        const describe = 'also when nobody waits for its result any more';
        return whichRun(messageId(sub)).option('force', { type: 'boolean', default: false, describe });
      },
      async (options) => exit(await (await handlers()).requeueMessage(options, context)),
    )
    .demandCommand(1, 'Say what to do with the mailbox: ls, show, dead or requeue.');
}

function messageId<Options>(y: Argv<Options>) {
  return y.positional('id', {
    type: 'string',
    demandOption: true,
    describe: 'a message, or the beginning of its id',
  });
}

function whichRun<Options>(y: Argv<Options>) {
  return jsonOption(repositoryOption(y))
    .positional('run', { type: 'string', describe: 'a run, or its beginning; else the newest' })
    .option('box', { type: 'string', requiresArg: true, describe: 'only this box' })
    .option('mailbox', { type: 'string', requiresArg: true, describe: 'the folder of a mailbox, instead of a run' })
    .conflicts('mailbox', ['run', 'repo']);
}
