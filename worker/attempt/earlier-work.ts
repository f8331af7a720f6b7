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
  candidateFolder,
  isAncestor,
  type Repository,
  readSalvage,
  resolveCommit,
  salvagedChanges,
  secretsIn,
} from '../../ipc/index.ts';
import { noUsage, type Usage } from '../../tasks/index.ts';
import { modelUse } from '../agent/model/recording/model-use.ts';
import { promptLayers } from '../agent/prompt/layers.ts';
import { type Conversation, readTranscript } from '../agent/read-transcript.ts';
import { reopenConversation } from '../agent/reopen-conversation.ts';
import { hiding } from '../agent/transcript.ts';
import { rightsOfSubtask } from '../helpers/agent-rights.ts';
import { promptExtras } from '../helpers/prompt-extras.ts';
import type { WorkerServices } from '../serving/services.ts';
import type { KeptFiles } from '../workspace/open-workspace.ts';
import type { AttemptPlace } from './attempt-record.ts';
import { salvageAttempt } from './salvage-attempt.ts';

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

type Services = Pick<WorkerServices, 'models' | 'repository' | 'state' | 'agents'>;

/** Undefined for an attempt that begins. */
export async function findEarlierWork(place: AttemptPlace, services: Services): Promise<EarlierWork | undefined> {
  const { assignment, logFolder } = place;
  const { continues, repair } = assignment;
  const nothingSpent = { usage: noUsage(), denials: 0 };
  const isOwn = await exists(join(logFolder, 'transcript.jsonl'));
  if (!isOwn && continues === undefined) return undefined;
  const earlier = isOwn || continues === undefined ? undefined : earlierPlace(place, continues);
  const source = earlier?.folder ?? logFolder;
  const read = await readTranscript(join(source, 'transcript.jsonl'));
  const isNews = repair !== undefined && (read?.repairs ?? 0) < repair.round;
  const conversation = read !== undefined && isNews ? reopenConversation(read) : read;
  await salvageAttempt(assignment, services, earlier ?? { attempt: assignment.attempt, candidate: place.candidate });
  if (conversation === undefined) return { reason: 'its transcript can’t be gone on from', spent: nothingSpent };
  const spent = isOwn ? { usage: conversation.usage, denials: conversation.denials } : nothingSpent;
  const difference = differenceOf(conversation, place, services);
  if (difference !== undefined) return { reason: difference, spent };
  const files = await keptFiles(assignment, services.repository, source, earlier?.commit);
  if (files === undefined) return { reason: 'its files are gone', spent };
  const from = isOwn ? {} : { from: source };
  return { work: { history: { ...conversation, ...spent }, files, ...from }, reason: '', spent };
}

interface EarlierPlace {
  folder: string;
  attempt: number;
  candidate: number | undefined;
  /** Undefined where each candidate has a commit of its own. */
  commit: string | undefined;
}

function earlierPlace(
  { assignment, candidate }: AttemptPlace,
  continues: NonNullable<Assignment['continues']>,
): EarlierPlace {
  const { attempt, commit } = continues;
  const folder = attemptFolder(assignment.runFolder, assignment.subtask.id, attempt);
  const number = candidate ?? continues.candidate;
  return {
    folder: number === undefined ? folder : candidateFolder(folder, number),
    attempt,
    candidate: number,
    commit: candidate === undefined ? commit : undefined,
  };
}

/** Tools may differ: a call of one that is there no more is answered as such. */
function differenceOf(
  conversation: Conversation,
  { assignment, candidate }: AttemptPlace,
  { models, agents }: Services,
): string | undefined {
  const { executor, model } = assignment.subtask;
  if (models.model(model, undefined, modelUse(assignment, '', candidate)).name !== conversation.model)
    return 'it had another model';
  const hide = hiding(secretsIn(process.env));
  const extras = promptExtras(rightsOfSubtask(assignment.subtask, agents));
  const { run, task } = promptLayers(assignment, executor.kind === 'prompt' ? executor.prompt : '', extras);
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
