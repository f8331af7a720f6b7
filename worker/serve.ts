/**
 * The life of a worker: claim, work, answer, acknowledge, until told to drain. Called by main.ts inside a thread.
 * Promise: an outcome is published before its assignment is acknowledged, so a death at any moment loses nothing.
 */
import {
  assignmentSchema,
  type Claim,
  type Envelope,
  type FromWorker,
  gateRequestSchema,
  type Mailbox,
  recipients,
  type ToWorker,
  type WorkerInput,
} from '../ipc/index.ts';
import { FanfoldError, messageOf, type ProgressInput } from '../tasks/index.ts';
import { createLeases, type Leases } from './leases.ts';
import { runGate } from './run-gate.ts';
import { runSubtask } from './run-subtask.ts';
import { createWorkerServices, type WorkerServices } from './services.ts';

export interface ServeOptions extends Omit<WorkerInput, 'mailbox'> {
  mailbox: Mailbox;
}

export async function serve(options: ServeOptions): Promise<void> {
  const { mailbox, port, worker } = options;
  const drain = new AbortController();
  const stop = new AbortController();
  const running = new Map<string, AbortController>();
  port.on('message', (message: ToWorker) => {
    if (message.type === 'cancel') return cancel(running, message);
    drain.abort();
    if (message.type === 'stop') stop.abort();
  });
  const report = (event: ProgressInput): void => port.postMessage({ type: 'progress', event } satisfies FromWorker);
  const services = createWorkerServices(options);
  const leases = createLeases(mailbox);
  try {
    await Promise.all([
      claimLoop(mailbox, recipients.workers, worker, options.slots, drain.signal, (claim) =>
        workOn(claim, { options, services, leases, running, report }),
      ).then(() => port.postMessage({ type: 'drained' } satisfies FromWorker)),
      claimLoop(mailbox, recipients.gates, worker, options.gateSlots, stop.signal, (claim) =>
        judge(claim, { options, services, leases, running }),
      ),
    ]);
  } finally {
    leases.stop();
    await services[Symbol.asyncDispose]();
    port.close();
  }
}

interface Work {
  options: ServeOptions;
  services: WorkerServices;
  leases: Leases;
  running: Map<string, AbortController>;
}

/** Keep up to `slots` claims of a box at work until `drained` aborts; then wait for what is at hand. */
async function claimLoop(
  mailbox: Mailbox,
  recipient: string,
  worker: string,
  slots: number,
  drained: AbortSignal,
  handle: (claim: Claim) => Promise<void>,
): Promise<void> {
  const atWork = new Set<Promise<void>>();
  while (!drained.aborted) {
    const claim = atWork.size < slots ? await mailbox.claim(recipient, worker) : undefined;
    if (claim !== undefined) {
      const work: Promise<void> = handle(claim).finally(() => atWork.delete(work));
      atWork.add(work);
    } else if (atWork.size >= slots) {
      await Promise.race(atWork);
    } else {
      await waitForMail(mailbox, recipient, drained);
    }
  }
  await Promise.all(atWork);
}

async function waitForMail(mailbox: Mailbox, recipient: string, drained: AbortSignal): Promise<void> {
  try {
    await mailbox.watch(recipient, drained);
  } catch (error) {
    if (!drained.aborted) throw error;
  }
}

async function workOn(claim: Claim, work: Work & { report: (event: ProgressInput) => void }): Promise<void> {
  const { options, services, leases, running, report } = work;
  const parsed = assignmentSchema.safeParse(claim.envelope.body);
  if (!parsed.success) return bury(options.mailbox, claim, parsed.error);
  const assignment = parsed.data;
  const { id } = assignment.subtask;
  const abort = new AbortController();
  running.set(id, abort);
  const release = leases.keep(claim, () => abort.abort(leaseLost(id)));
  try {
    report({ type: 'subtask-start', subtask: id, attempt: assignment.attempt, worker: options.worker });
    const outcome = await runSubtask(assignment, services, { signal: abort.signal, report });
    await answer(options, claim, 'outcome', outcome);
  } finally {
    release();
    running.delete(id);
  }
}

async function judge(claim: Claim, { options, services, leases, running }: Work): Promise<void> {
  const parsed = gateRequestSchema.safeParse(claim.envelope.body);
  if (!parsed.success) return bury(options.mailbox, claim, parsed.error);
  const abort = new AbortController();
  running.set(parsed.data.gate, abort);
  const release = leases.keep(claim, () => abort.abort(leaseLost(parsed.data.gate)));
  try {
    await answer(options, claim, 'gate-result', await runGate(parsed.data, services, abort.signal));
  } finally {
    release();
    running.delete(parsed.data.gate);
  }
}

/** The answer's id derives from the question's, so that a second delivery of the question gives no second answer. */
async function answer(options: ServeOptions, claim: Claim, kind: Envelope['kind'], body: unknown): Promise<void> {
  await options.mailbox.publish(recipients.coordinator, {
    version: 1,
    id: `${claim.envelope.id}-end`,
    kind,
    from: options.worker,
    to: recipients.coordinator,
    body,
  });
  await options.mailbox.complete(claim);
}

async function bury(mailbox: Mailbox, claim: Claim, error: unknown): Promise<void> {
  await mailbox.fail(claim, { retry: false, reason: `invalid body: ${messageOf(error)}` });
}

function cancel(running: ReadonlyMap<string, AbortController>, order: ToWorker & { type: 'cancel' }): void {
  for (const [id, abort] of running) {
    if (order.subtask !== undefined && order.subtask !== id) continue;
    abort.abort(
      new FanfoldError({
        code: 'cancelled',
        message: `The subtask ${id} was cancelled: ${order.reason}.`,
        next: 'Start the run again to finish it.',
        failure: 'cancelled',
      }),
    );
  }
}

function leaseLost(id: string): FanfoldError {
  return new FanfoldError({
    code: 'worker-lost',
    message: `The lease on ${id} was lost, because this worker did not answer for too long.`,
    next: 'Another worker has taken it over; nothing is to be done.',
    failure: 'transient',
  });
}
