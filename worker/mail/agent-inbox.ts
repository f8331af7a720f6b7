/**
 * An agent's own box: claims what has come, and acknowledges it once it is in the transcript. Made for each delivery of
 * an assignment by agent-links.ts. Promise: killed at any moment, every message reaches the agent that goes on, and
 * none twice; whoever lost the assignment takes nothing from the one who has it now.
 */
import { agentBox, type Claim, type Mailbox, messageSchema } from '../../ipc/index.ts';
import { messageOf } from '../../tasks/index.ts';
import type { Inbox, Mail } from '../agent/mail.ts';

export interface InboxOptions {
  mailbox: Mailbox;
  subtask: string;
  /** Messages that earlier agents of the subtask got. */
  known: readonly Mail[];
  /** Ids of those that the conversation holds, where it goes on; the others are shown again. */
  shown: ReadonlySet<string>;
  /** Whether this delivery of the assignment is still the one that counts. */
  isHeld: () => Promise<boolean>;
}

/** Every agent claims under this name, so that each can take back what the one before it held when it died. */
const claimant = 'agent';
/** Messages for one turn: what a conversation should take in at once. */
const mostAtOnce = 20;

export function openInbox({ mailbox, subtask, known, shown, isHeld }: InboxOptions): Inbox {
  const box = agentBox(subtask);
  const seen = new Set(known.map(({ id }) => id));
  const again = known.filter(({ id }) => !shown.has(id));
  let claims: Claim[] = [];

  async function next(): Promise<Mail | undefined> {
    for (let claim = await mailbox.claim(box, claimant); claim; claim = await mailbox.claim(box, claimant)) {
      const { id, body } = claim.envelope;
      const parsed = messageSchema.safeParse(body);
      if (!parsed.success) {
        await mailbox.fail(claim, { retry: false, reason: `invalid body: ${messageOf(parsed.error)}` });
        continue;
      }
      claims.push(claim);
      if (seen.has(id)) continue;
      seen.add(id);
      return { id, from: parsed.data.from, text: parsed.data.text };
    }
    return undefined;
  }

  return {
    async arrived() {
      claims = [];
      await mailbox.reapWorker(box, claimant, { blameless: true });
      const mail = again.splice(0);
      while (mail.length < mostAtOnce) {
        const found = await next();
        if (found === undefined) break;
        mail.push(found);
      }
      // What was known already came again only to be acknowledged.
      if (mail.length === 0) await acknowledge();
      return mail;
    },
    kept: acknowledge,
  };

  async function acknowledge(): Promise<void> {
    const kept = claims;
    claims = [];
    if (kept.length === 0 || !(await isHeld())) return;
    for (const claim of kept) await mailbox.complete(claim);
  }
}
