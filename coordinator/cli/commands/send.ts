import { type MailMessage, messageLimit, refuseTrackedState } from '../../../ipc/index.ts';
import { FanfoldError, type Plan, type RunState } from '../../../tasks/index.ts';
import { loadRunState } from '../../run/load-run-state.ts';
import type { CommandHandler } from '../command-context.ts';
import { findRunAtWork } from '../find-run-at-work.ts';
import { sendMessage } from '../send-order.ts';
import { findWorkplace } from '../workplace.ts';

export interface SendArguments {
  words: string[];
  all: boolean;
  run: string | undefined;
  repo: string | undefined;
  json: boolean;
}

interface Sent {
  to: string;
  /** Why it was refused, if it was. */
  refused?: string;
}

/** `fanfold send`: write to an agent at work, or to all of them. Exit code 1 when one of several could not be reached. */
export const send: CommandHandler<SendArguments> = async (options, context) => {
  const { state: folders, repository } = await findWorkplace(options.repo, context.folder);
  await refuseTrackedState(repository);
  const run = await findRunAtWork(folders, options.run);
  const { state, plan } = await loadRunState(run);
  const words = options.words.map(String);
  const text = checkText((options.all ? words : words.slice(1)).join(' '));
  const recipients = options.all ? everyone(run.id, state, plan) : [knownAgent(words[0] ?? '', state, plan)];
  const results: Sent[] = [];
  for (const to of recipients) {
    const message: MailMessage = { from: 'person', to, text };
    const refused = await sendMessage(run, message);
    results.push({ to, ...(refused === undefined ? {} : { refused }) });
  }
  if (options.json) context.stdout.write(`${JSON.stringify({ run: run.id, messages: results })}\n`);
  for (const { to, refused } of options.json ? [] : results) {
    if (refused === undefined) context.stdout.write(`Sent to ${to}: it gets it between its turns.\n`);
    else context.stderr.write(`Not sent: ${refused}.\n`);
  }
  return results.every(({ refused }) => refused === undefined) ? 0 : 1;
};

function checkText(text: string): string {
  const problem =
    text.trim() === ''
      ? 'The message is empty.'
      : text.length > messageLimit
        ? `The message has ${text.length.toLocaleString('en-US')} characters, and at most ${messageLimit.toLocaleString('en-US')} can be sent.`
        : undefined;
  if (problem === undefined) return text;
  throw refusal(problem, 'Write it like this: fanfold send <subtask> "text", or fanfold send --all "text".');
}

function everyone(run: string, state: RunState, plan: Plan | undefined): string[] {
  const open = agentsOf(plan).filter((id) => state.subtasks[id]?.endedAt === undefined);
  if (open.length > 0) return open;
  throw refusal(
    `No agent of ${run} takes messages now.`,
    'Only subtasks with `messages: true` that have not ended do.',
  );
}

/** Whether it has ended is for the coordinator to say; it knows first. */
function knownAgent(to: string, state: RunState, plan: Plan | undefined): string {
  const agents = agentsOf(plan);
  if (agents.includes(to)) return to;
  const why = state.subtasks[to] === undefined ? 'is no subtask of the run' : 'takes no messages';
  const shown = agents.slice(0, 30).join(', ');
  throw refusal(
    `${JSON.stringify(to)} ${why}; nothing was sent.`,
    agents.length === 0
      ? 'Set `messages: true` in the task file, for a subtask or in `defaults`.'
      : `Subtasks that take messages: ${shown}${agents.length > 30 ? ` and ${agents.length - 30} more` : ''}.`,
  );
}

function agentsOf(plan: Plan | undefined): string[] {
  return (plan?.subtasks ?? []).filter(({ messages }) => messages === true).map(({ id }) => id);
}

function refusal(message: string, next: string): FanfoldError {
  return new FanfoldError({ code: 'usage', message, next });
}
