/**
 * Several agents do the same subtask at once, each in a workspace and a folder of its own (`candidate-<n>` in the
 * attempt's); the best work becomes the Outcome. Called by run-subtask.ts. Promise: one that fails costs no other its
 * work; delivered again, each goes on from its own transcript, and one that had ended asks for nothing more.
 */
import { cp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { candidateFolder, type Outcome } from '../../ipc/index.ts';
import {
  addUsage,
  type ErrorRecord,
  noUsage,
  type ProgressInput,
  toErrorRecord,
  type Usage,
} from '../../tasks/index.ts';
import type { AgentLinks } from '../mail/agent-links.ts';
import type { WorkerServices } from '../serving/services.ts';
import { type AttemptPlace, type AttemptRecord, newAttemptRecord, usageOf } from './attempt-record.ts';
import type { MakeOutcome } from './create-outcome.ts';
import { rankCandidates } from './rank-candidates.ts';
import { runAttempt } from './run-attempt.ts';
import type { SubtaskControl } from './subtask-control.ts';
import { waitAtMost } from './wait-at-most.ts';

export interface CandidatesOptions {
  /** Of the attempt. */
  place: AttemptPlace;
  services: WorkerServices;
  control: SubtaskControl;
  /** Cancellation or the time limit. */
  stop: AbortSignal;
  outcome: MakeOutcome;
}

export async function runCandidates({ place, services, control, stop, outcome }: CandidatesOptions): Promise<Outcome> {
  const { assignment, logFolder } = place;
  const { candidates = 1 } = assignment.subtask;
  const records = Array.from({ length: candidates }, newAttemptRecord);
  // They share a prompt, and the first of them writes it to the cache for the others.
  const agentsAtOnce = (assignment.agentsAtOnce ?? 1) * candidates;

  async function tryOnce(record: AttemptRecord, index: number): Promise<void> {
    const candidate = index + 1;
    const own = {
      assignment: { ...assignment, agentsAtOnce },
      logFolder: candidateFolder(logFolder, candidate),
      candidate,
    };
    const { links } = control;
    await runAttempt(
      own,
      services,
      {
        signal: stop,
        report: (event) => control.report(named(event, candidate)),
        ...(links === undefined ? {} : { links: linksOf(links, candidate) }),
      },
      record,
    );
  }

  /** `givenUp` where nothing may land, whatever there is. */
  function conclude(givenUp: ErrorRecord | undefined): Outcome {
    const { ranked, results } = rankCandidates(records, assignment.subtask.checks);
    const [record = newAttemptRecord(), number = 1] = ranked[0] ?? [];
    return {
      ...outcome(record, givenUp),
      usage: sumOf(records),
      denials: records.reduce((sum, { execution }) => sum + (execution?.denials ?? 0), 0),
      candidates: results,
      candidate: number,
    };
  }

  async function work(): Promise<Outcome> {
    await Promise.all(records.map(tryOnce));
    // What was done in time is as good as if the others had failed.
    if (control.signal.aborted) return conclude(toErrorRecord(control.signal.reason));
    const chosen = conclude(undefined);
    if (chosen.error !== undefined || assignment.subtask.workspace !== 'copy') return chosen;
    try {
      await adoptChanges(candidateFolder(logFolder, chosen.candidate ?? 1), logFolder);
      return chosen;
    } catch (error) {
      return conclude(toErrorRecord(error));
    }
  }

  return await waitAtMost(work(), stop, () => conclude(toErrorRecord(stop.reason)), control.graceMs);
}

/** The coordinator looks for the changes of a copy in the attempt's own folder. */
async function adoptChanges(from: string, to: string): Promise<void> {
  const [staged, changes] = [join(to, 'changes.chosen'), join(to, 'changes')];
  await rm(staged, { recursive: true, force: true });
  await cp(join(from, 'changes'), staged, { recursive: true, verbatimSymlinks: true });
  await rm(changes, { recursive: true, force: true });
  await rename(staged, changes);
}

function sumOf(records: readonly AttemptRecord[]): Usage {
  return records.reduce((sum, record) => addUsage(sum, usageOf(record)), noUsage());
}

function named(event: ProgressInput, candidate: number): ProgressInput {
  if (event.type !== 'subtask-progress') return event;
  return { ...event, activity: `candidate ${candidate}: ${event.activity}` };
}

/** People who are asked see whose question it is. */
function linksOf({ mail: _, ask, ...links }: AgentLinks, candidate: number): AgentLinks {
  if (ask === undefined) return links;
  return {
    ...links,
    ask: (question, signal) => ask({ ...question, reason: `Candidate ${candidate}: ${question.reason}` }, signal),
  };
}
