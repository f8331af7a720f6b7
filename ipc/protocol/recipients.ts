import type { Claim } from '../mailbox/mailbox.ts';

/** The mailboxes of a run. */
export const recipients = {
  /** Assignments, for whichever worker claims them. */
  workers: 'workers',
  /** Gate requests, in a box of their own so that long subtasks never keep the merge queue waiting. */
  gates: 'gates',
  /** Outcomes, gate results and control messages, for the run's coordinator. */
  coordinator: 'coordinator',
} as const;

/**
 * The id of the answer to a claimed message: the same for every delivery of the question, so that a second answer is a
 * duplicate, and different for equal ids in different boxes. Question ids have at most 55 characters.
 */
export function answerId({ recipient, envelope }: Pick<Claim, 'recipient' | 'envelope'>): string {
  return `${recipient}-${envelope.id}`;
}

/** The id of the question that an answer belongs to, if it came through this box. */
export function questionId(answer: string, recipient: string): string | undefined {
  return answer.startsWith(`${recipient}-`) ? answer.slice(recipient.length + 1) : undefined;
}
