/**
 * The life of a worker: claim, work, answer, acknowledge, until told to drain. Called by main.ts inside a thread.
 * Promise: an outcome is published before its assignment is acknowledged, so a death at any moment loses nothing; of
 * what it gives back, or lost the lease on, no answer is published.
 */
import {
  type Assignment,
  assignmentSchema,
  type FromWorker,
  type GateRequest,
  gateRequestSchema,
  type Mailbox,
  recipients,
  type ToWorker,
  unplannedAssignment,
  unplannedGate,
  type WorkerInput,
} from '../../ipc/index.ts';
import { runSubtask } from '../attempt/run-subtask.ts';
import type { HelperBell } from '../helpers/helper-bell.ts';
import { createAgentLinks } from '../mail/agent-links.ts';
import { createQuestions } from '../mail/questions.ts';
import { claimLoop, createPause } from './claim-loop.ts';
import { createDesk } from './desk.ts';
import { createLeases } from './leases.ts';
import { type ControlHandlers, obey } from './obey.ts';
import { createProgressSender } from './progress-sender.ts';
import { runGate } from './run-gate.ts';
import { createWorkerServices } from './services.ts';

export interface ServeOptions extends Omit<WorkerInput, 'mailbox'> {
  mailbox: Mailbox;
}

export async function serve(options: ServeOptions): Promise<void> {
  const { mailbox, port, worker } = options;
  const drain = new AbortController();
  const stop = new AbortController();
  const pause = createPause();
  /** Of each subtask that was cancelled, the last attempt that must not run. */
  const withdrawn = new Map<string, { reason: string; attempt: number }>();
  const send = (message: FromWorker): void => port.postMessage(message);
  const services = createWorkerServices({
    ...options,
    ...(options.ledger === undefined || !options.tellsOutcomes
      ? {}
      : { onNeed: (need) => send({ type: 'need-money', need }) }),
  });
  const leases = createLeases(mailbox, options.leaseMs);
  const progress = createProgressSender(port);
  const questions = createQuestions({ mailbox, worker });
  using bell = options.planned.helperDepth === 0 ? undefined : await openBell(options.run);

  const subtasks = createDesk(options, leases, assignmentSchema, ({ subtask }) => subtask.id, {
    answerAs: 'outcome',
    refuse: (assignment, sent) => foreign(assignment, options) ?? unplannedAssignment(sent, options.planned),
    async perform(assignment, signal, isHeld, claim) {
      const { id } = assignment.subtask;
      progress.report({ type: 'subtask-start', subtask: id, attempt: assignment.attempt, worker });
      // Work in native code may hold the thread up for long: who watches should know by what.
      progress.flush();
      const order = withdrawn.get(id);
      if (order !== undefined && assignment.attempt <= order.attempt) subtasks.cancel(order.reason, id);
      const outcome = await runSubtask(assignment, services, {
        signal,
        report: progress.report,
        links: createAgentLinks(assignment, isHeld, {
          mailbox,
          worker,
          questions,
          report: progress.report,
          claim,
          bell,
        }),
      });
      // What it did should be seen before how it ended.
      progress.flush();
      return outcome;
    },
    answered(outcome) {
      if (options.tellsOutcomes) send({ type: 'outcome', outcome });
    },
  });
  const gates = createDesk(options, leases, gateRequestSchema, ({ gate }) => gate, {
    answerAs: 'gate-result',
    refuse: (request, sent) => foreign(request, options) ?? unplannedGate(sent, options.planned),
    perform: (request, signal) => runGate(request, services, signal),
  });
  /** Aborts when no agent of this thread can wait for a helper any more, nor one of the others. */
  const unneeded = new AbortController();
  const helpers =
    bell === undefined
      ? undefined
      : (await import('../helpers/serve-helpers.ts')).serveHelpers({
          options,
          services,
          leases,
          questions,
          bell,
          report: progress.report,
          refuse: (request) => foreign(request, options),
          drained: unneeded.signal,
        });
  const handlers: ControlHandlers = {
    onCancel({ reason, subtask, attempt }) {
      if (subtask !== undefined && attempt !== undefined) withdrawn.set(subtask, { reason, attempt });
      subtasks.cancel(reason, subtask);
      if (subtask === undefined) gates.cancel(reason);
    },
    onPermissionAnswer: ({ request, allowed, by = 'person' }) => questions.answered(request, { allowed, by }),
    onPause: () => pause.set(true),
    onContinue: () => pause.set(false),
    onShutDown() {
      drain.abort();
      stop.abort();
    },
  };
  port.on('message', (message: ToWorker) => {
    if (message.type === 'ping') {
      send({ type: 'alive' });
      return;
    }
    if (message.type === 'control') {
      obey(message.control, handlers);
      return;
    }
    drain.abort();
    if (message.type === 'drain') return;
    stop.abort();
    if (message.type === 'stop') return;
    subtasks.giveBack();
    gates.giveBack();
    helpers?.giveBack();
  });
  try {
    const { slots, gateSlots } = options;
    const claims = { mailbox, worker };
    await Promise.all([
      claimLoop({
        ...claims,
        recipient: recipients.workers,
        slots,
        pause,
        drained: drain.signal,
        handle: subtasks.handle,
      }).then(() => send({ type: 'drained' })),
      claimLoop({
        ...claims,
        recipient: recipients.gates,
        slots: gateSlots,
        // What is at hand may still land while a run is paused.
        pause: createPause(),
        drained: stop.signal,
        handle: gates.handle,
      }),
    ]).finally(() => unneeded.abort());
    await helpers?.done;
  } finally {
    leases.stop();
    await services[Symbol.asyncDispose]();
    progress.flush();
    port.close();
  }
}

async function openBell(run: string): Promise<HelperBell> {
  return (await import('../helpers/helper-bell.ts')).createHelperBell(run);
}

/** A mailbox serves one run in one folder; what names another was not put there by its coordinator. */
function foreign(
  { run, repository, runFolder }: Pick<Assignment | GateRequest, 'run' | 'repository' | 'runFolder'>,
  own: ServeOptions,
): string | undefined {
  if (run === own.run && repository === own.folder && runFolder === own.runFolder) return undefined;
  return `it is for the run ${run} in ${repository}, and this mailbox belongs to ${own.run} in ${own.folder}`;
}
