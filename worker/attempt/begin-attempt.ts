/**
 * Opens the workspace of an attempt. Called by run-subtask.ts. Promise: an agent that goes on has its conversation and
 * the files that belong to it, or neither: then it begins afresh, and says so.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Assignment, forgetSalvage } from '../../ipc/index.ts';
import { messageOf, type ProgressInput } from '../../tasks/index.ts';
import type { AgentBeginning } from '../executors/executor.ts';
import type { WorkerServices } from '../serving/services.ts';
import { openWorkspace } from '../workspace/open-workspace.ts';
import type { Workspace } from '../workspace/workspace.ts';
import type { AttemptPlace } from './attempt-record.ts';
import type { EarlierWork } from './earlier-work.ts';

export interface AttemptControl {
  signal: AbortSignal;
  report: (event: ProgressInput) => void;
}

export interface BegunAttempt {
  workspace: Workspace;
  beginning?: AgentBeginning;
}

/** The place's folder exists. */
export async function beginAttempt(
  place: AttemptPlace,
  services: WorkerServices,
  control: AttemptControl,
): Promise<BegunAttempt> {
  const { signal } = control;
  const { assignment, logFolder } = place;
  const earlier = await earlierWork(place, services);
  if (earlier === undefined) return { workspace: await openWorkspace(assignment, services, logFolder, signal) };
  let { reason } = earlier;
  if (earlier.work !== undefined) {
    try {
      return await goOn(place, services, control, earlier.work);
    } catch (error) {
      signal.throwIfAborted();
      reason = messageOf(error);
    }
  }
  tell(assignment, services, control, `begins afresh: ${reason}`);
  return beginAfresh(place, services, control, earlier);
}

async function earlierWork(place: AttemptPlace, services: WorkerServices): Promise<EarlierWork | undefined> {
  if (place.assignment.subtask.executor.kind !== 'prompt') return undefined;
  const { findEarlierWork } = await import('./earlier-work.ts');
  return findEarlierWork(place, services);
}

async function goOn(
  { assignment, logFolder }: AttemptPlace,
  services: WorkerServices,
  control: AttemptControl,
  { history, files, from }: NonNullable<EarlierWork['work']>,
): Promise<BegunAttempt> {
  const { signal } = control;
  const workspace = await openWorkspace(assignment, services, logFolder, signal, files);
  try {
    await forgetSalvage(logFolder);
    const { replaceTranscript } = await import('../agent/transcript.ts');
    if (from !== undefined) (await import('../agent/context/result-files.ts')).takeOverResults(from, logFolder);
    if (from !== undefined && assignment.subtask.helpers !== undefined)
      await (await import('../helpers/take-over-helpers.ts')).takeOverHelpers(from, logFolder);
    const { usage, denials } = history;
    await replaceTranscript(join(logFolder, 'transcript.jsonl'), history.lines, { usage, denials });
    tell(assignment, services, control, `goes on after turn ${history.turns}`);
    return { workspace, beginning: { history } };
  } catch (error) {
    await workspace[Symbol.asyncDispose]();
    throw error;
  }
}

/** The conversation is given up before there are files that do not belong to it. */
async function beginAfresh(
  { assignment, logFolder }: AttemptPlace,
  services: WorkerServices,
  { signal }: AttemptControl,
  { spent }: EarlierWork,
): Promise<BegunAttempt> {
  const [{ replaceTranscript }, { knownMail }, { resultFolder }] = await Promise.all([
    import('../agent/transcript.ts'),
    import('../mail/known-mail.ts'),
    import('../agent/context/result-files.ts'),
  ]);
  const mail = knownMail(logFolder);
  const rest = mail.length === 0 ? {} : { mail };
  await replaceTranscript(join(logFolder, 'transcript.jsonl'), '', { ...spent, ...rest });
  await rm(resultFolder(logFolder), { recursive: true, force: true });
  await forgetSalvage(logFolder);
  return { workspace: await openWorkspace(assignment, services, logFolder, signal), beginning: { spent } };
}

function tell(
  { subtask, attempt }: Assignment,
  { worker }: WorkerServices,
  { report }: AttemptControl,
  activity: string,
): void {
  report({ type: 'subtask-progress', subtask: subtask.id, attempt, worker, activity });
}
