import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { listRuns, type RunFolder, readJournal, runFolder, type StateFolder } from '../../ipc/index.ts';

/** The run that left a branch at a commit. */
export interface BranchWriter {
  run: string;
  /** False where its coordinator was killed, or is at work still. */
  ended: boolean;
}

/** The newest run of this repository that left the branch at exactly this commit, by its own records. */
export async function findWriter(
  state: StateFolder,
  { branch, commit }: { branch: string; commit: string },
): Promise<BranchWriter | undefined> {
  for (const run of await listRuns(state)) {
    const folder = runFolder(state, run);
    const end = await readEnd(folder);
    if (end !== undefined && end.branch === branch && end.commit === commit) return { run, ended: true };
    if (end === undefined && (await hasMovedTo(folder, branch, commit))) return { run, ended: false };
  }
  return undefined;
}

const endSchema = z.object({ status: z.string(), branch: z.string().optional(), commit: z.string().optional() });

/** From the report, which is written when a run has ended; undefined where there is none. */
async function readEnd({ root }: RunFolder): Promise<z.infer<typeof endSchema> | undefined> {
  try {
    return endSchema.parse(JSON.parse(await readFile(join(root, 'report.json'), 'utf8')));
  } catch {
    return undefined;
  }
}

async function hasMovedTo({ journal }: RunFolder, branch: string, commit: string): Promise<boolean> {
  let own = false;
  try {
    for await (const event of readJournal(journal)) {
      if (event.type === 'run-start') own = event.branch === branch;
      if (own && (event.type === 'merge-ready' || event.type === 'merge-end') && event.commit === commit) return true;
    }
  } catch {
    // Who can't be asked is not known to have written it.
  }
  return false;
}
