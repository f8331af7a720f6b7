import { listRuns, type RunFolder, readJournal, runFolder, type StateFolder } from '../../ipc/index.ts';

/** The run that left a branch at a commit. */
export interface BranchWriter {
  run: string;
  /** False where its coordinator was killed, or is at work still. */
  ended: boolean;
}

/** The newest run of this repository that left the branch at exactly this commit, by its own journal. */
export async function findWriter(
  state: StateFolder,
  { branch, commit }: { branch: string; commit: string },
): Promise<BranchWriter | undefined> {
  for (const run of await listRuns(state)) {
    const writing = await readWriting(runFolder(state, run), branch);
    if (writing?.commits.has(commit)) return { run, ended: writing.endedAt === commit };
  }
  return undefined;
}

interface Writing {
  /** Where it moved the branch, or was about to. */
  commits: Set<string>;
  /** Where the branch was when the run ended; undefined while it is at work, and where it was killed. */
  endedAt: string | undefined;
}

async function readWriting({ journal }: RunFolder, branch: string): Promise<Writing | undefined> {
  const commits = new Set<string>();
  let endedAt: string | undefined;
  try {
    for await (const event of readJournal(journal)) {
      if (event.type === 'run-start') {
        // A run has one branch, also when it is taken up again.
        if (event.branch !== branch) return undefined;
        endedAt = undefined;
      } else if (event.type === 'run-end') {
        endedAt = event.commit;
        if (event.commit !== undefined) commits.add(event.commit);
      } else if (event.type === 'merge-ready' || event.type === 'merge-end') {
        if (event.commit !== undefined) commits.add(event.commit);
      }
    }
  } catch {
    // Who can't be asked is not known to have written it.
    return undefined;
  }
  return { commits, endedAt };
}
