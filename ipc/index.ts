export type { Claim, DeadLetterReason, Mailbox, MailboxEntry, PublishOptions } from './mailbox/mailbox.ts';
export { type Assignment, assignmentSchema } from './protocol/assignment.ts';
export { type Control, controlSchema } from './protocol/control.ts';
export { type Envelope, envelopeSchema, nameSchema } from './protocol/envelope.ts';
export { checkResultSchema, type Outcome, outcomeSchema } from './protocol/outcome.ts';
