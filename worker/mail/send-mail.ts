import { randomUUID } from 'node:crypto';
import {
  type Assignment,
  agentBox,
  hasAgentEnded,
  type Mailbox,
  type MailMessage,
  messageLimit,
  recipients,
  secretsIn,
} from '../../ipc/index.ts';
import { FanfoldError, oneLine } from '../../tasks/index.ts';
import type { SendMessage } from '../agent/tools/send-message-tool.ts';
import { createRedactor } from '../processes/redact-secrets.ts';

export interface SenderOptions {
  mailbox: Mailbox;
  assignment: Assignment;
  /** Called with one line for each message that was sent. */
  tell: (activity: string) => void;
}

/** Sends what an agent writes. A message that nobody will read is refused, and the agent is told why. */
export function createSender({ mailbox, assignment, tell }: SenderOptions): SendMessage {
  const { runFolder, subtask, agents } = assignment;

  async function publish(to: string, recipient: string, text: string): Promise<void> {
    const body: MailMessage = { from: subtask.id, to, text: withoutSecrets(text) };
    const id = randomUUID();
    await mailbox.publish(recipient, { version: 1, id, kind: 'message', from: subtask.id, to: recipient, body });
    tell(oneLine(`wrote to ${to}: ${body.text}`, 200));
  }

  function known(): string {
    const others = (agents?.ids ?? []).filter((id) => id !== subtask.id);
    const more = (agents?.total ?? 0) > (agents?.ids.length ?? 0) ? ` and others of ${agents?.total}` : '';
    return `You can write to: ${['coordinator', ...others].join(', ')}${more}.`;
  }

  return async (to, text, signal) => {
    signal.throwIfAborted();
    if (to === recipients.coordinator) {
      await publish(to, recipients.coordinator, text);
      return { sent: true };
    }
    if (to === subtask.id) return { sent: false, problem: `${to} is you. ${known()}` };
    const unknown = `There is no agent ${to} that takes messages; nothing was sent. ${known()}`;
    if (!/^[a-z0-9-]{1,64}$/.test(to)) return { sent: false, problem: unknown };
    if (hasAgentEnded(runFolder, to)) {
      return { sent: false, problem: `${to} has ended and reads nothing any more; nothing was sent.` };
    }
    try {
      await publish(to, agentBox(to), text);
    } catch (error) {
      if (error instanceof FanfoldError && error.code === 'mailbox-unknown-recipient') {
        return { sent: false, problem: unknown };
      }
      throw error;
    }
    // It may have ended between the look and the publishing.
    if (!hasAgentEnded(runFolder, to)) return { sent: true };
    return { sent: false, problem: `${to} has just ended: it may not have read your message.` };
  };
}

/** What an agent has seen of the environment must not travel by mail. */
function withoutSecrets(text: string): string {
  const redactor = createRedactor(secretsIn(process.env));
  const clean = Buffer.concat([redactor.write(Buffer.from(text)), redactor.end()]);
  return clean.toString().slice(0, messageLimit);
}
