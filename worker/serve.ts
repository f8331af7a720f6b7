/**
 * The life of a worker: claim, work, answer, acknowledge, until told to drain. Called by main.ts inside a thread.
 * Promise: an outcome is published before its assignment is acknowledged, so a death at any moment loses nothing.
 */
import {
  assignmentSchema,
  type Claim,
  type FromWorker,
  gateRequestSchema,
  type Mailbox,
  recipients,
  type ToWorker,
  type WorkerInput,
} from '../ipc/index.ts';
import { createDesk } from './desk.ts';
import { createLeases } from './leases.ts';
import { createProgressSender } from './progress-sender.ts';
import { runGate } from './run-gate.ts';
import { runSubtask } from './run-subtask.ts';
import { createWorkerServices } from './services.ts';

export interface ServeOptions extends Omit<WorkerInput, 'mailbox'> {
  mailbox: Mailbox;
}

export async function serve(options: ServeOptions): Promise<void> {
  const { mailbox, port, worker } = options;
  const drain = new AbortController();
  const stop = new AbortController();
  const services = createWorkerServices(options);
  const leases = createLeases(mailbox);
  const progress = createProgressSender(port);
  const subtasks = createDesk(options, leases, assignmentSchema, ({ subtask }) => subtask.id, {
    kind: 'outcome',
    async perform(assignment, signal) {
      progress.report({ type: 'subtask-start', subtask: assignment.subtask.id, attempt: assignment.attempt, worker });
      const outcome = await runSubtask(assignment, services, { signal, report: progress.report });
      // What it did should be seen before how it ended.
      progress.flush();
      return outcome;
    },
  });
  const gates = createDesk(options, leases, gateRequestSchema, ({ gate }) => gate, {
    kind: 'gate-result',
    perform: (request, signal) => runGate(request, services, signal),
  });
  port.on('message', (message: ToWorker) => {
    if (message.type === 'cancel') {
      subtasks.cancel(message.reason, message.subtask);
      if (message.subtask === undefined) gates.cancel(message.reason);
      return;
    }
    drain.abort();
    if (message.type === 'stop') stop.abort();
  });
  try {
    await Promise.all([
      claimLoop(mailbox, recipients.workers, worker, options.slots, drain.signal, subtasks.handle).then(() =>
        port.postMessage({ type: 'drained' } satisfies FromWorker),
      ),
      claimLoop(mailbox, recipients.gates, worker, options.gateSlots, stop.signal, gates.handle),
    ]);
  } finally {
    leases.stop();
    await services[Symbol.asyncDispose]();
    progress.flush();
    port.close();
  }
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
