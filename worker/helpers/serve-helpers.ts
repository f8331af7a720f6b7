/**
 * Helpers that this thread works for, whichever thread asks. Loaded by serve.ts in runs whose plan has helpers. Promise:
 * each depth has places of its own, so that agents that wait for helpers never keep these from being claimed; an answer
 * is on the disk before its request is acknowledged, and none is given by whoever lost the lease.
 */
import {
  attemptFolder,
  type Claim,
  candidateFolder,
  type HelperAnswer,
  type HelperFolder,
  type HelperRequest,
  helperBox,
  helperFolder,
  helperRequestSchema,
} from '../../ipc/index.ts';
import { type ErrorRecord, type ProgressInput, toErrorRecord } from '../../tasks/index.ts';
import { createAgentLinks } from '../mail/agent-links.ts';
import type { Questions } from '../mail/questions.ts';
import { claimLoop, createPause } from '../serving/claim-loop.ts';
import { createDesk, type Desk } from '../serving/desk.ts';
import type { Leases } from '../serving/leases.ts';
import type { ServeOptions } from '../serving/serve.ts';
import type { WorkerServices } from '../serving/services.ts';
import type { HelperBell } from './helper-bell.ts';
import { noteOf, writeAnswer } from './helper-files.ts';
import { type JudgedRequest, judgeRequest, misdirected } from './judge-request.ts';
import { runHelper } from './run-helper.ts';
import { isAtWork, parentGone, watchParent } from './watch-parent.ts';

export interface HelperServing {
  options: ServeOptions;
  services: WorkerServices;
  leases: Leases;
  questions: Questions;
  bell: HelperBell;
  report: (event: ProgressInput) => void;
  refuse: (request: HelperRequest) => string | undefined;
  /** Aborts when nobody of this thread waits for a helper any more. */
  drained: AbortSignal;
}

export interface ServedHelpers {
  /** Resolves when what is at hand has ended, after `drained`. */
  done: Promise<unknown>;
  giveBack(): void;
}

/** Of one depth in one thread, at least: helpers wait for models most of the time. */
const leastPlaces = 8;

/** An answer, or none: `unwanted` where nobody waits for it. */
type Ended = { error?: ErrorRecord | undefined; answer?: HelperAnswer; folder: HelperFolder };

export function serveHelpers(serving: HelperServing): ServedHelpers {
  const { options, drained } = serving;
  const { mailbox, worker, slots, planned } = options;
  const desks: Desk[] = [];
  const loops = Array.from({ length: planned.helperDepth }, (_, index) => {
    const desk = openDesk(serving, index + 1);
    desks.push(desk);
    return claimLoop({
      mailbox,
      worker,
      recipient: helperBox(index + 1),
      slots: Math.max(leastPlaces, slots),
      // Who waits for a helper is at work, also while a run is paused.
      pause: createPause(),
      drained,
      handle: desk.handle,
    });
  });
  return {
    done: Promise.all(loops),
    giveBack() {
      for (const desk of desks) desk.giveBack();
    },
  };
}

function openDesk(serving: HelperServing, depth: number): Desk {
  const { options, services, leases, bell } = serving;
  const { mailbox, planned } = options;
  const judged = new WeakMap<HelperRequest, JudgedRequest>();
  return createDesk<HelperRequest, Ended>(options, leases, helperRequestSchema, nameOf, {
    async refuse(request) {
      const foreign = serving.refuse(request) ?? misdirected(request, depth);
      if (foreign !== undefined) return foreign;
      if (!(await isAtWork(request, mailbox))) return undefined;
      const found = await judgeRequest(request, { mailbox, planned, state: services.state, depth });
      judged.set(request, found);
      return 'refusal' in found ? found.refusal : undefined;
    },
    perform: (request, signal, isHeld, claim) => help(serving, judged.get(request), { request, signal, isHeld, claim }),
    async answerAs({ answer, folder }) {
      // Another delivery of the agent may have asked anew meanwhile.
      if (answer === undefined || noteOf(folder)?.request !== answer.request) return;
      await writeAnswer(folder, answer);
      bell.ring(answer.request);
    },
  });
}

async function help(
  { options, services, questions, bell, report }: HelperServing,
  judged: JudgedRequest | undefined,
  given: { request: HelperRequest; signal: AbortSignal; isHeld: () => Promise<boolean>; claim: Claim },
): Promise<Ended> {
  const { request, signal, isHeld, claim } = given;
  const { mailbox, worker } = options;
  const logFolder = folderOfAgent(request, judged);
  const folder = helperFolder(logFolder, request.helper);
  if (judged === undefined || 'refusal' in judged) return { error: toErrorRecord(parentGone(request)), folder };
  const { assignment, rights } = judged;
  const { id } = claim.envelope;
  using parent = watchParent({ request, id, folder, mailbox, bell });
  const { ask } = createAgentLinks(assignment, isHeld, { mailbox, worker, questions, report, claim, bell });
  const answer = await runHelper({
    request,
    id,
    assignment,
    rights,
    logFolder,
    folder,
    services,
    office: { mailbox, bell, worker, assignment: request.assignment, claim },
    ask,
    report,
    signal: AbortSignal.any([signal, parent.signal]),
  });
  return { answer, folder, error: answer.error };
}

function folderOfAgent({ runFolder, candidate }: HelperRequest, judged: JudgedRequest | undefined): string {
  if (judged === undefined || 'refusal' in judged) return runFolder;
  const attempt = attemptFolder(runFolder, judged.assignment.subtask.id, judged.assignment.attempt);
  return candidate === undefined ? attempt : candidateFolder(attempt, candidate);
}

/** Different for each delivery of the agent that asks. */
function nameOf({ assignment, helper, parent }: HelperRequest): string {
  return `helper ${helper} of ${assignment} (${parent.epoch})`;
}
