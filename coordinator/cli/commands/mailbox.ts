import { assignmentSchema, type MailboxEntry, refuseTrackedState } from '../../../ipc/index.ts';
import { FanfoldError, type SubtaskState } from '../../../tasks/index.ts';
import {
  countBoxes,
  type DeadSteps,
  formatDead,
  formatMailbox,
  formatMessage,
} from '../../reporting/format-mailbox.ts';
import { coordinatorOf } from '../../run/coordinator-lock.ts';
import { loadRunState } from '../../run/load-run-state.ts';
import type { CommandContext, CommandHandler } from '../command-context.ts';
import { findMessage, listPlace, type MailboxArguments, type MailboxPlace, openPlace } from '../mailbox-place.ts';
import { screenSettings } from '../screen-settings.ts';
import { warnOfTrackedState } from '../warn-of-tracked-state.ts';

/** More rows than this are shown only when all are asked for. */
const usualRows = 200;
/** What is piped should not be cut: ids are there to be copied. */
const columnsOfPipes = 200;

/** `fanfold mailbox ls`: figures by box, and the messages that are not done. */
export const listMessages: CommandHandler<MailboxArguments & { all: boolean }> = async (options, context) => {
  const place = await openPlace(options, context.folder, (workplace) => warnOfTrackedState(workplace, context));
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
  const place = await openPlace(options, context.folder, (workplace) => warnOfTrackedState(workplace, context));
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
  const place = await openPlace(options, context.folder, (workplace) => warnOfTrackedState(workplace, context));
  await using _ = place.mailbox;
  const entries = (await listPlace(place, options.box)).filter(({ state }) => state === 'dead');
  const settled = await settledSubtasks(place, entries);
  const messages = entries.map((entry) => ({ ...entry, ...stepsFor(entry, settled.get(entry), place) }));
  if (options.json) {
    printJson(context, { mailbox: place.folder, run: place.run?.id, messages });
    return 0;
  }
  const screen = { ...screenSettings(context.stdout, context), now: Date.now() };
  context.stdout.write(`${formatDead(messages, screen)}\n`);
  return 0;
};

/** `fanfold mailbox requeue`: deliver a dead message again, if somebody waits for what comes of it. */
export const requeueMessage: CommandHandler<MailboxArguments & { id: string; force: boolean }> = async (
  options,
  context,
) => {
  const place = await openPlace(options, context.folder, ({ repository }) => refuseTrackedState(repository));
  await using _ = place.mailbox;
  const entries = await listPlace(place, options.box);
  const dead = entries.filter(({ state }) => state === 'dead');
  const isDead = dead.some(({ id }) => id.startsWith(options.id));
  const entry = findMessage(isDead ? dead : entries, options.id, place);
  const { recipient, id, state, epoch } = entry;
  if (state !== 'dead') throw notDead(id, state);
  const subtask = (await settledSubtasks(place, [entry])).get(entry);
  if (subtask !== undefined && !options.force) throw givenUp(id, subtask, place);
  if (!(await place.mailbox.requeue(recipient, id))) throw goneMessage(id);
  if (options.json) printJson(context, { recipient, id, state: 'new', epoch });
  else context.stdout.write(`${id} waits in the box ${recipient} again. ${await whatFollows(place)}\n`);
  return 0;
};

/** Of messages that hand out a subtask: what it has come to, if the run does not wait for it any more. */
async function settledSubtasks(
  { mailbox, run }: MailboxPlace,
  entries: readonly MailboxEntry[],
): Promise<Map<MailboxEntry, SubtaskState>> {
  const settled = new Map<MailboxEntry, SubtaskState>();
  if (run === undefined || entries.length === 0) return settled;
  const { state } = await loadRunState(run);
  for (const entry of entries) {
    const envelope = (await mailbox.read(entry.recipient, entry.id))?.envelope;
    const assignment = envelope?.kind === 'assignment' ? assignmentSchema.safeParse(envelope.body) : undefined;
    if (assignment?.success !== true) continue;
    const subtask = state.subtasks[assignment.data.subtask.id];
    if (subtask?.endedAt !== undefined) settled.set(entry, subtask);
  }
  return settled;
}

async function whatFollows({ run }: MailboxPlace): Promise<string> {
  if (run === undefined) return 'The next worker at this mailbox gets it.';
  const atWork = (await coordinatorOf(run.lock)) !== undefined;
  return atWork ? 'The run is at work and delivers it.' : `It is delivered when \`fanfold resume ${run.id}\` goes on.`;
}

/** Commands that show a dead message and that have its work done after all, where that can be. */
function stepsFor(
  { id, recipient, reason = '' }: MailboxEntry,
  subtask: SubtaskState | undefined,
  { words }: MailboxPlace,
): DeadSteps {
  const named = `${id} ${words} --box ${recipient}`;
  const look = `fanfold mailbox show ${named}`;
  if (reason.startsWith('invalid')) return { look };
  if (subtask === undefined) return { look, again: `fanfold mailbox requeue ${named}` };
  return subtask.error === undefined ? { look } : { look, again: `fanfold resume ${words} --failed` };
}

function printJson({ stdout }: CommandContext, value: unknown): void {
  stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** Doing a settled subtask all the same would cost and count for nothing. */
function givenUp(id: string, { id: subtask, status, error }: SubtaskState, { words }: MailboxPlace): FanfoldError {
  const instead =
    error === undefined
      ? 'There is nothing to do again'
      : `Try the subtask again with \`fanfold resume ${words} --failed\``;
  return new FanfoldError({
    code: 'message-not-found',
    message: `The run has settled ${subtask} as ${status}: it would not take in what comes of the message ${id}.`,
    next: `${instead}; --force requeues the message all the same.`,
  });
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
