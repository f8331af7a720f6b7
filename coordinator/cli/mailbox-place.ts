import { resolve } from 'node:path';
import { findRun, type Mailbox, type MailboxEntry, openMailbox, type RunFolder } from '../../ipc/index.ts';
import { FanfoldError, oneLine } from '../../tasks/index.ts';
import { findWorkplace, type Workplace } from './workplace.ts';

export interface MailboxArguments {
  run: string | undefined;
  repo: string | undefined;
  mailbox: string | undefined;
  box: string | undefined;
  json: boolean;
}

/** A mailbox that a user named, with its run if it was named by that. */
export interface MailboxPlace {
  mailbox: Mailbox;
  folder: string;
  run: RunFolder | undefined;
  /** What names it again on a command line. */
  words: string;
}

const longestList = 8;

/** `judge` looks at where the run is before anything of it is read; a mailbox that is named itself is taken as it is. */
export async function openPlace(
  options: Pick<MailboxArguments, 'run' | 'repo' | 'mailbox'>,
  current: string,
  judge: (workplace: Workplace) => Promise<void>,
): Promise<MailboxPlace> {
  if (options.mailbox !== undefined) {
    const folder = resolve(current, options.mailbox);
    return { mailbox: openMailbox(folder), folder, run: undefined, words: `--mailbox ${options.mailbox}` };
  }
  const workplace = await findWorkplace(options.repo, current);
  await judge(workplace);
  const run = await findRun(workplace.state, options.run);
  return { mailbox: openMailbox(run.mailbox), folder: run.mailbox, run, words: run.id };
}

/** What is in one box, or in all. Throws `mailbox-not-found` for a box that is not there. */
export async function listPlace({ mailbox }: MailboxPlace, box: string | undefined): Promise<MailboxEntry[]> {
  try {
    return await mailbox.list(box);
  } catch (error) {
    if (!(error instanceof FanfoldError) || box === undefined) throw error;
    if (error.code !== 'mailbox-unknown-recipient' && error.code !== 'mailbox-invalid-message') throw error;
    const known = [...new Set((await mailbox.list()).map(({ recipient }) => recipient))];
    throw new FanfoldError({
      code: 'mailbox-not-found',
      message: `The mailbox has no box ${JSON.stringify(oneLine(box, 100))}.`,
      next: known.length > 0 ? `Boxes with messages: ${known.join(', ')}.` : 'No box has a message yet.',
    });
  }
}

/** The message of a whole id, or of the beginning of one. Throws `message-not-found`. */
export function findMessage(
  entries: readonly MailboxEntry[],
  wanted: string,
  { words }: Pick<MailboxPlace, 'words'>,
): MailboxEntry {
  const exact = entries.filter(({ id }) => id === wanted);
  const matches = exact.length > 0 ? exact : entries.filter(({ id }) => id.startsWith(wanted));
  const [found] = matches;
  if (found !== undefined && matches.every(({ id, recipient }) => id === found.id && recipient === found.recipient)) {
    return found;
  }
  const name = JSON.stringify(oneLine(wanted, 100));
  if (found === undefined) {
    throw new FanfoldError({
      code: 'message-not-found',
      message: `There is no message ${name}.`,
      next:
        entries.length === 0 ? 'There is no message at all.' : `See all with \`fanfold mailbox ls ${words} --all\`.`,
    });
  }
  const several = exact.length > 0;
  const listed = matches.slice(0, longestList).map(({ id, recipient }) => (several ? recipient : oneLine(id, 100)));
  throw new FanfoldError({
    code: 'message-not-found',
    message: several ? `There is a message ${name} in more than one box.` : `${name} is the beginning of several ids.`,
    next: `${several ? 'Name one with --box' : 'Name one of'}: ${[...new Set(listed)].join(', ')}.`,
  });
}
