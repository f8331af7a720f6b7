/**
 * What an agent's attempt can go on from: its own earlier delivery, whose worker died or lost its lease, or the earlier
 * attempt that the assignment names. Called by begin-attempt.ts, and loaded only for agents. Promise: conversation and
 * files belong together; where one of them is missing or is for another task, there is nothing to go on from.
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Assignment,
  attemptFolder,
  isAncestor,
  type Repository,
  readSalvage,
  resolveCommit,
  salvagedChanges,
  secretsIn,
} from '../ipc/index.ts';
import { noUsage, type Usage } from '../tasks/index.ts';
import { modelUse } from './agent/model/recording/model-use.ts';
import { promptLayers } from './agent/prompt/layers.ts';
import { type Conversation, readTranscript } from './agent/read-transcript.ts';
import { hiding } from './agent/transcript.ts';
import { salvageAttempt } from './salvage-attempt.ts';
import type { WorkerServices } from './services.ts';
import type { KeptFiles } from './workspace/open-workspace.ts';

export interface EarlierWork {
  /** Present when it can be gone on from; its usage and denials are those of this attempt. */
  work?: {
    history: Conversation;
    files: KeptFiles;
    /** Folder of the attempt that it is taken over from, where that is another. */
    from?: string;
  };
  /** Why not, otherwise. */
  reason: string;
  /** What this attempt has used, which no outcome has reported. */
  spent: { usage: Usage; denials: number };
}

type Services = Pick<WorkerServices, 'models' | 'repository' | 'state'>;

/** Undefined for an attempt that begins. */
export async function findEarlierWork(
  assignment: Assignment,
  services: Services,
  logFolder: string,
): Promise<EarlierWork | undefined> {
  const { subtask, continues, runFolder: folder } = assignment;
  const nothingSpent = { usage: noUsage(), denials: 0 };
  const isOwn = await exists(join(logFolder, 'transcript.jsonl'));
  if (!isOwn && continues === undefined) return undefined;
  const source = isOwn || continues === undefined ? logFolder : attemptFolder(folder, subtask.id, continues.attempt);
  const conversation = await readTranscript(join(source, 'transcript.jsonl'));
  await salvageAttempt(assignment, services, isOwn ? assignment.attempt : (continues?.attempt ?? assignment.attempt));
  if (conversation === undefined) return { reason: 'its transcript can’t be gone on from', spent: nothingSpent };
  const spent = isOwn ? { usage: conversation.usage, denials: conversation.denials } : nothingSpent;
  const difference = differenceOf(conversation, assignment, services);
  if (difference !== undefined) return { reason: difference, spent };
  const files = await keptFiles(assignment, services.repository, source, isOwn ? undefined : continues?.commit);
  if (files === undefined) return { reason: 'its files are gone', spent };
  const from = isOwn ? {} : { from: source };
  return { work: { history: { ...conversation, ...spent }, files, ...from }, reason: '', spent };
}

/** Tools may differ: a call of one that is there no more is answered as such. */
function differenceOf(conversation: Conversation, assignment: Assignment, { models }: Services): string | undefined {
  const { executor, model } = assignment.subtask;
  if (models.model(model, undefined, modelUse(assignment, '')).name !== conversation.model)
    return 'it had another model';
  const hide = hiding(secretsIn(process.env));
  const { run, task } = promptLayers(assignment, executor.kind === 'prompt' ? executor.prompt : '');
  const isSame =
    hide(JSON.stringify([run, task])) === JSON.stringify([conversation.layers.run, conversation.layers.task]);
  return isSame ? undefined : 'it had another prompt';
}

async function keptFiles(
  { subtask, base: current }: Assignment,
  repository: Repository | undefined,
  source: string,
  commit: string | undefined,
): Promise<KeptFiles | undefined> {
  if (subtask.workspace === 'none') return {};
  const salvage = await readSalvage(source);
  if (subtask.workspace === 'copy') {
    if (salvage?.changes === undefined) return undefined;
    return { changes: salvage.changes === 'recorded' ? source : salvagedChanges(source) };
  }
  if (repository === undefined || current === undefined) return undefined;
  try {
    const last = commit ?? salvage?.commit;
    const base = last === undefined ? salvage?.base : await resolveCommit(repository, `${last}^`);
    if (base === undefined) return undefined;
    // Files in the state's folder could have been written by a subtask: it can't choose what its work is built on.
    if (base !== current && !(await isAncestor(repository, base, current))) return undefined;
    return { base, ...(last === undefined ? {} : { commit: last }) };
  } catch {
    return undefined;
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
