import {
  type Assignment,
  attemptFolder,
  attemptOfRecord,
  candidateFolder,
  readWorkspaceRecords,
  runFolder,
  salvageWorkspace,
  writeWorkspaceRecord,
} from '../../ipc/index.ts';
import type { WorkerServices } from '../serving/services.ts';

/** Keep what workspaces of that attempt of an agent hold, which then work for nobody. */
export async function salvageAttempt(
  { run, subtask }: Assignment,
  { state, repository }: Pick<WorkerServices, 'state' | 'repository'>,
  { attempt, candidate }: { attempt: number; candidate?: number | undefined },
): Promise<void> {
  const folder = attemptFolder(runFolder(state, run).root, subtask.id, attempt);
  const wanted = candidate === undefined ? folder : candidateFolder(folder, candidate);
  for (const record of await readWorkspaceRecords(state)) {
    if (record.run !== run || attemptOfRecord(state, record) !== wanted) continue;
    await salvageWorkspace(state, repository, record);
    const { attempt: _, base: __, ...idle } = record;
    await writeWorkspaceRecord(state, idle);
  }
}
