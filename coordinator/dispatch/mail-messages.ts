/**
 * Messages that pass through the coordinator: those of agents to it, those of people to agents. Agents write to each
 * other without it, so it also keeps known who has ended. Called by mail.ts. Promise: a message to whoever has ended is
 * refused, and what was accepted and never read is told at the end.
 */
import {
  agentBox,
  type Envelope,
  type Mailbox,
  type MailMessage,
  markAgentEnded,
  messageSchema,
  recipients,
  reopenAgent,
} from '../../ipc/index.ts';
import { type FanfoldEvent, messageOf, type Subtask, stripControl } from '../../tasks/index.ts';
import type { EventLog } from '../run/event-log.ts';
import type { Past } from './past.ts';

export interface MessagesOptions {
  mailbox: Mailbox;
  /** The run's folder. */
  runFolder: string;
  subtasks: readonly Subtask[];
  past: ReadonlyMap<string, Past>;
  log: EventLog;
}

export interface Messages {
  /** Returns why it is refused, undefined when it was taken in for good. */
  take(envelope: Envelope): Promise<string | undefined>;
  /** Called with every event. */
  see(event: FanfoldEvent): void;
  /** Emits a notice for each agent that ended with messages unread. Called when nobody is at work any more. */
  reportUnread(): Promise<void>;
}

export function createMessages({ mailbox, runFolder, subtasks, past, log }: MessagesOptions): Messages {
  const open = new Set<string>();
  const ended = new Set<string>();
  for (const { id, messages } of subtasks) {
    if (messages !== true) continue;
    const kind = past.get(id)?.kind;
    if (kind === 'settled' || kind === 'landed' || kind === 'ended') end(id);
    else {
      open.add(id);
      reopenAgent(runFolder, id);
    }
  }

  function end(id: string): void {
    if (ended.has(id)) return;
    open.delete(id);
    ended.add(id);
    try {
      markAgentEnded(runFolder, id);
    } catch {
      // Who writes to it then learns it too late: from the notice at the end of the run.
    }
  }

  function refusalOf(to: string): string | undefined {
    if (open.has(to)) return undefined;
    if (ended.has(to)) return `${to} has ended and reads nothing any more`;
    if (subtasks.some(({ id }) => id === to)) return `${to} takes no messages: its subtask does not set \`messages\``;
    return `the run has no subtask ${to}`;
  }

  async function pass({ from, to, text }: MailMessage, id: string): Promise<string | undefined> {
    const refusal = refusalOf(to);
    if (refusal !== undefined) return refusal;
    const box = agentBox(to);
    // A second delivery is a duplicate, by the id.
    await mailbox.publish(box, {
      version: 1,
      id,
      kind: 'message',
      from: recipients.coordinator,
      to: box,
      body: { from, to, text } satisfies MailMessage,
    });
    return undefined;
  }

  return {
    async take({ id, body }) {
      const message = messageSchema.parse(body);
      const refusal = message.to === recipients.coordinator ? undefined : await pass(message, id);
      if (refusal !== undefined) return refusal;
      log.emit({ type: 'message-send', ...message, text: stripControl(message.text) });
      await log.flush();
      return undefined;
    },
    see(event) {
      const isEnd = event.type === 'subtask-end' || (event.type === 'attempt-end' && !event.retry);
      if (isEnd && open.has(event.subtask)) end(event.subtask);
      if (event.type === 'subtask-queue' && event.repair !== undefined && ended.delete(event.subtask)) {
        open.add(event.subtask);
        reopenAgent(runFolder, event.subtask);
      }
    },
    async reportUnread() {
      for (const id of ended) {
        const message = await mailbox.list(agentBox(id)).then(
          (entries) => unreadText(id, entries.filter(({ state }) => state !== 'done').length),
          (error: unknown) => `Whether ${id} has read all its messages can't be told: ${messageOf(error)}`,
        );
        if (message !== undefined) log.emit({ type: 'notice', level: 'warning', message });
      }
    },
  };
}

function unreadText(id: string, unread: number): string | undefined {
  if (unread === 0) return undefined;
  return unread === 1 ? `1 message to ${id} was never read.` : `${unread} messages to ${id} were never read.`;
}
