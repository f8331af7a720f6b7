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
  attemptOfRecord,
  isAncestor,
  type Repository,
  readSalvage,
  readWorkspaceRecords,
  resolveCommit,
  runFolder,
  salvagedChanges,
  salvageWorkspace,
  secretsIn,
  writeWorkspaceRecord,
} from '../ipc/index.ts';
import { noUsage, type Usage } from '../tasks/index.ts';
import { promptLayers } from './agent/prompt/layers.ts';
import { type Conversation, readTranscript } from './agent/read-transcript.ts';
import { hiding } from './agent/transcript.ts';
import type { WorkerServices } from './services.ts';
import type { KeptFiles } from './workspace/open-workspace.ts';

export interface EarlierWork {
  /** Present when it can be gone on from; its usage and denials are those of this attempt. */
  work?: { history: Conversation; files: KeptFiles };
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
  await salvageOwn(assignment, services, isOwn ? assignment.attempt : (continues?.attempt ?? assignment.attempt));
  if (conversation === undefined) return { reason: 'its transcript can’t be gone on from', spent: nothingSpent };
  const spent = isOwn ? { usage: conversation.usage, denials: conversation.denials } : nothingSpent;
  const difference = differenceOf(conversation, assignment, services);
  if (difference !== undefined) return { reason: difference, spent };
  const files = await keptFiles(assignment, services.repository, source, isOwn ? undefined : continues?.commit);
  if (files === undefined) return { reason: 'its files are gone', spent };
  return { work: { history: { ...conversation, ...spent }, files }, reason: '', spent };
}

/** Keep what workspaces of that attempt hold, which then work for nobody. */
async function salvageOwn(
  { run, subtask }: Assignment,
  { state, repository }: Services,
  attempt: number,
): Promise<void> {
  const wanted = attemptFolder(runFolder(state, run).root, subtask.id, attempt);
  for (const record of await readWorkspaceRecords(state)) {
    if (record.run !== run || attemptOfRecord(state, record) !== wanted) continue;
    await salvageWorkspace(state, repository, record);
    const { attempt: _, base: __, ...idle } = record;
    await writeWorkspaceRecord(state, idle);
  }
}

/** Tools may differ: a call of one that is there no more is answered as such. */
function differenceOf(conversation: Conversation, assignment: Assignment, { models }: Services): string | undefined {
  const { executor, model } = assignment.subtask;
  if (models.model(model).name !== conversation.model) return 'it had another model';
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
