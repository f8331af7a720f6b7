import { createHash } from 'node:crypto';
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
 * The box of requests for helpers at a depth from 1: each depth has its own, with places of its own for its claims, so that
 * agents that wait for their helpers never take the places of those.
 */
export function helperBox(depth: number): string {
  return `helpers-${depth}`;
}

/** Every box whose messages workers claim, in a run whose helpers go so deep. */
export function workBoxes(depth: number): string[] {
  return [recipients.workers, recipients.gates, ...Array.from({ length: depth }, (_, index) => helperBox(index + 1))];
}

/** The box of an agent's messages. Names that would be too long are shortened; two subtasks never share one. */
export function agentBox(subtask: string): string {
  if (subtask.length <= 58) return `agent-${subtask}`;
  return `agents-${subtask.slice(0, 40)}-${createHash('sha256').update(subtask).digest('hex').slice(0, 16)}`;
}

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

/**
 * Names a worker process beside the coordinator; `random` has 6 characters of [a-z0-9]. Its threads are called
 * `outside-<random>-N`, where those of a coordinator are `worker-N`.
 */
export function outsideName(random: string): string {
  return `outside-${random}`;
}

/** The worker process that a worker is a thread of, undefined for the coordinator's own threads. */
export function outsideProcess(worker: string): string | undefined {
  return /^(outside-[0-9a-z]{6})(?:-\d{1,6}){0,2}$/.exec(worker)?.[1];
}

/** The box that a worker gets control mail in: one for each process. Own threads have none, they have a port. */
export function controlBox(worker: string): string {
  return `control-${outsideProcess(worker) ?? worker}`.slice(0, 64);
}
