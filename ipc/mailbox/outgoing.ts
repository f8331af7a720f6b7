import { FanfoldError, messageOf } from '../../tasks/index.ts';
import { type Envelope, envelopeSchema, nameSchema } from '../protocol/envelope.ts';
import type { PublishOptions } from './mailbox.ts';

/** A larger message is refused; what is large travels as a file or a commit that the message names. */
export const messageLimitBytes = 32 * 1024 * 1024;

const defaultPriority = 5;
const longestDelayMs = 10 * 365 * 86_400_000;

export interface CheckedMessage {
  id: string;
  priority: number;
  delayMs: number;
  /** The envelope as JSON: what every store keeps, so that none delivers what another could not. */
  content: string;
}

/** What a sender hands in, checked. Throws `mailbox-invalid-message`. */
export function checkMessage(envelope: Envelope, options: PublishOptions = {}): CheckedMessage {
  const { priority = defaultPriority, delayMs = 0 } = options;
  if (!Number.isInteger(priority) || priority < 0 || priority > 9) {
    throw invalidMessage(`The priority ${priority} is not a whole number from 0 to 9.`);
  }
  const parsed = envelopeSchema.safeParse(envelope);
  if (!parsed.success) {
    const { path = [], message = 'is not valid' } = parsed.error.issues[0] ?? {};
    throw invalidMessage(`The message ${JSON.stringify(envelope?.id)} is not valid: ${path.join('.')} ${message}.`);
  }
  const content = toJson(parsed.data);
  if (Buffer.byteLength(content) > messageLimitBytes) {
    throw invalidMessage(`The message ${envelope.id} has more than ${messageLimitBytes} bytes.`);
  }
  return { id: parsed.data.id, priority, delayMs: checkDelay(delayMs), content };
}

/** A delay in whole milliseconds. Throws `mailbox-invalid-message`. */
export function checkDelay(delayMs: number): number {
  if (!(delayMs >= 0 && delayMs <= longestDelayMs)) {
    throw invalidMessage(`The delay ${delayMs} is not a number of milliseconds from 0 to ${longestDelayMs}.`);
  }
  return Math.ceil(delayMs);
}

/** A recipient's or worker's name. Throws `mailbox-invalid-message`. */
export function checkName(kind: 'recipient' | 'worker', name: string): void {
  if (nameSchema.safeParse(name).success) return;
  throw invalidMessage(`The ${kind} ${JSON.stringify(name)} is not a name: only a-z, 0-9 and -, at most 64.`);
}

function toJson(envelope: Envelope): string {
  try {
    return JSON.stringify(envelope);
  } catch (error) {
    throw invalidMessage(`The message ${envelope.id} has no JSON form: ${messageOf(error)}.`);
  }
}

function invalidMessage(message: string): FanfoldError {
  return new FanfoldError({
    code: 'mailbox-invalid-message',
    message,
    next: 'This is a defect in whoever sent it: nothing was published.',
  });
}

/** Nobody is there to receive it. */
export function unknownRecipient(recipient: string, known: readonly string[]): FanfoldError {
  return new FanfoldError({
    code: 'mailbox-unknown-recipient',
    message: `The mailbox has no recipient ${JSON.stringify(recipient)}; nothing was sent.`,
    next: known.length > 0 ? `Known recipients: ${known.slice(0, 20).join(', ')}.` : 'Open the recipient first.',
    data: { recipient, known },
  });
}

export function closedError(): FanfoldError {
  return new FanfoldError({
    code: 'mailbox-failed',
    message: 'The mailbox is closed.',
    next: 'This is a defect in Fanfold: report what it was doing.',
  });
}
