import {
  type Claim,
  type Control,
  controlSchema,
  type GateResult,
  gateResultSchema,
  type Mailbox,
  type Outcome,
  outcomeSchema,
  recipients,
} from '../../ipc/index.ts';
import { messageOf } from '../../tasks/index.ts';
import type { Mail } from './mail.ts';

export interface IncomingOptions {
  mailbox: Mailbox;
  mail: Mail;
  /** Resolves when the outcome is safe: then its envelope is acknowledged. */
  onOutcome: (outcome: Outcome) => Promise<void>;
  onGateResult: (result: GateResult) => void;
  onControl: (control: Control) => void;
  /** A message was buried, because it can't be read: if it was an answer, none will come. */
  onUnreadable: (messageId: string, reason: string) => void;
}

export interface Incoming {
  /** Take in mail until `signal` aborts. */
  receive(signal: AbortSignal): Promise<void>;
  /** Take in what has arrived, and return. */
  receiveArrived(): Promise<void>;
}

/** The coordinator's box: each message goes to whom it concerns, and is acknowledged when they have it. */
export function createIncoming(options: IncomingOptions): Incoming {
  const { mailbox, mail } = options;
  const box = recipients.coordinator;

  async function take(claim: Claim): Promise<void> {
    const { kind, body } = claim.envelope;
    const refusal = await mail.take(claim.envelope);
    if (refusal !== undefined) {
      await mailbox.fail(claim, { retry: false, reason: refusal });
      return;
    }
    if (kind === 'outcome') await options.onOutcome(outcomeSchema.parse(body));
    else if (kind === 'gate-result') options.onGateResult(gateResultSchema.parse(body));
    else if (kind === 'control') options.onControl(controlSchema.parse(body));
    await mailbox.complete(claim);
  }

  async function receiveArrived(): Promise<void> {
    for (let claim = await mailbox.claim(box, box); claim !== undefined; claim = await mailbox.claim(box, box)) {
      try {
        await take(claim);
      } catch (error) {
        const reason = `its answer can't be read: ${messageOf(error)}`;
        await mailbox.fail(claim, { retry: false, reason });
        options.onUnreadable(claim.envelope.id, reason);
      }
    }
  }

  return {
    receiveArrived,
    async receive(signal) {
      while (!signal.aborted) {
        await receiveArrived();
        await mailbox.watch(box, signal).catch((error: unknown) => {
          if (!signal.aborted) throw error;
        });
      }
    },
  };
}
