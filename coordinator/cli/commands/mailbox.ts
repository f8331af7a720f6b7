import { assignmentSchema, type MailboxEntry, recipients } from '../../../ipc/index.ts';
import { FanfoldError } from '../../../tasks/index.ts';
import { countBoxes, formatDead, formatMailbox, formatMessage } from '../../reporting/format-mailbox.ts';
import { coordinatorOf } from '../../run/coordinator-lock.ts';
import { loadRunState } from '../../run/load-run-state.ts';
import type { CommandContext, CommandHandler } from '../command-context.ts';
import { findMessage, listPlace, type MailboxArguments, type MailboxPlace, openPlace } from '../mailbox-place.ts';
import { screenSettings } from '../screen-settings.ts';

/** More rows than this are shown only when all are asked for. */
const usualRows = 200;
/** What is piped should not be cut: ids are there to be copied. */
const columnsOfPipes = 200;

/** `fanfold mailbox ls`: figures by box, and the messages that are not done. */
export const listMessages: CommandHandler<MailboxArguments & { all: boolean }> = async (options, context) => {
  const place = await openPlace(options, context.folder);
  await using _ = place.mailbox;
  const entries = await listPlace(place, options.box);
  const atWork = place.run !== undefined && (await coordinatorOf(place.run.lock)) !== undefined;
  const wanted = entries.filter(({ state }) => options.all || state !== 'done');
  if (options.json) {
    const boxes = countBoxes(entries);
    printJson(context, { mailbox: place.folder, run: place.run?.id, atWork, boxes, messages: wanted });
    return 0;
  }
  const shown = options.all ? wanted : wanted.slice(0, usualRows);
  const screen = { ...screenSettings(context.stdout, context, columnsOfPipes), now: Date.now() };
  const of = place.run === undefined ? place.folder : `${place.run.id}${atWork ? ', at work' : ''}`;
  context.stdout.write(`The mailbox of ${of}\n\n${formatMailbox(entries, shown, screen)}\n`);
  const left = wanted.length - shown.length;
  if (left > 0) context.stdout.write(`… and ${left.toLocaleString('en-US')} more; --all shows them.\n`);
  return 0;
};

/** `fanfold mailbox show`: one message with its content. */
export const showMessage: CommandHandler<MailboxArguments & { id: string }> = async (options, context) => {
  const place = await openPlace(options, context.folder);
  await using _ = place.mailbox;
  const { recipient, id } = findMessage(await listPlace(place, options.box), options.id, place);
  const found = await place.mailbox.read(recipient, id);
  if (found === undefined) throw goneMessage(id);
  if (options.json) printJson(context, { ...found.entry, envelope: found.envelope });
  else {
    const screen = { ...screenSettings(context.stdout, context), now: Date.now() };
    context.stdout.write(`${formatMessage(found.entry, found.envelope, screen)}\n`);
  }
  return 0;
};

/** `fanfold mailbox dead`: what was given up, why, and what to do. */
export const listDead: CommandHandler<MailboxArguments> = async (options, context) => {
  const place = await openPlace(options, context.folder);
  await using _ = place.mailbox;
  const dead = (await listPlace(place, options.box)).filter(({ state }) => state === 'dead');
  const advice = (entry: MailboxEntry): string => adviceFor(entry, place);
  if (options.json) {
    const messages = dead.map((entry) => ({ ...entry, next: advice(entry) }));
    printJson(context, { mailbox: place.folder, run: place.run?.id, messages });
    return 0;
  }
  const screen = { ...screenSettings(context.stdout, context), now: Date.now() };
  context.stdout.write(`${formatDead(dead, advice, screen)}\n`);
  return 0;
};

/** `fanfold mailbox requeue`: deliver a dead message again, if somebody waits for what comes of it. */
export const requeueMessage: CommandHandler<MailboxArguments & { id: string; force: boolean }> = async (
  options,
  context,
) => {
  const place = await openPlace(options, context.folder);
  await using _ = place.mailbox;
  const entries = await listPlace(place, options.box);
  const dead = entries.filter(({ state }) => state === 'dead');
  const isDead = dead.some(({ id }) => id.startsWith(options.id));
  const { recipient, id, state, epoch } = findMessage(isDead ? dead : entries, options.id, place);
  if (state !== 'dead') throw notDead(id, state);
  if (!options.force) await refuseIfGivenUp(place, recipient, id);
  if (!(await place.mailbox.requeue(recipient, id))) throw goneMessage(id);
  if (options.json) printJson(context, { recipient, id, state: 'new', epoch });
  else context.stdout.write(`${id} waits in the box ${recipient} again. ${await whatFollows(place)}\n`);
  return 0;
};

/** A subtask whose message died has failed; doing it all the same would cost and count for nothing. */
async function refuseIfGivenUp({ mailbox, run, words }: MailboxPlace, recipient: string, id: string): Promise<void> {
  const envelope = (await mailbox.read(recipient, id))?.envelope;
  if (run === undefined || envelope?.kind !== 'assignment') return;
  const assignment = assignmentSchema.safeParse(envelope.body);
  if (!assignment.success) return;
  const { subtask } = assignment.data;
  const known = (await loadRunState(run)).state.subtasks[subtask.id];
  if (known === undefined || known.endedAt === undefined) return;
  const instead =
    known.error === undefined ? 'There is nothing to do again' : `Try the subtask again with ${resumeFailed(words)}`;
  throw new FanfoldError({
    code: 'message-not-found',
    message: `The run has settled ${subtask.id} as ${known.status}: it would not take in what comes of the message ${id}.`,
    next: `${instead}; --force requeues the message all the same.`,
  });
}

async function whatFollows({ run }: MailboxPlace): Promise<string> {
  if (run === undefined) return 'The next worker at this mailbox gets it.';
  const atWork = (await coordinatorOf(run.lock)) !== undefined;
  return atWork ? 'The run is at work and delivers it.' : `It is delivered when \`fanfold resume ${run.id}\` goes on.`;
}

function adviceFor({ id, recipient, reason = '' }: MailboxEntry, { run, words }: MailboxPlace): string {
  const command = (name: string): string => `\`fanfold mailbox ${name} ${id} ${words} --box ${recipient}\``;
  if (reason.startsWith('invalid')) return `It can't be delivered as it is. Look: ${command('show')}`;
  if (run !== undefined && recipient === recipients.workers) {
    return `Its subtask counts as failed; ${resumeFailed(words)} tries it again. Look: ${command('show')}`;
  }
  return `Look: ${command('show')}  Again: ${command('requeue')}`;
}

function resumeFailed(run: string): string {
  return `\`fanfold resume ${run} --failed\``;
}

function printJson({ stdout }: CommandContext, value: unknown): void {
  stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

function notDead(id: string, state: MailboxEntry['state']): FanfoldError {
  return new FanfoldError({
    code: 'message-not-found',
    message: `The message ${id} is not dead but ${state}.`,
    next: 'Only dead messages are requeued: see them with `fanfold mailbox dead`.',
  });
}

function goneMessage(id: string): FanfoldError {
  return new FanfoldError({
    code: 'message-not-found',
    message: `The message ${id} has gone on meanwhile.`,
    next: 'See where it is now with `fanfold mailbox ls --all`.',
  });
}
