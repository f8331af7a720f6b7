import { lstat } from 'node:fs/promises';
import { discardFolder, type RunFolder, type StateFolder, sweepMailboxBells } from '../../ipc/index.ts';
import { FanfoldError, messageOf } from '../../tasks/index.ts';
import { readPastRun, undoneOf } from '../run/past-run.ts';
import type { Finding } from './clean-report.ts';
import { diskUsage } from './disk-usage.ts';

export interface RunFolderRules {
  /** Only runs that have been over for so long, ms. */
  olderThanMs: number;
  /** Also runs that could be taken up again. */
  force: boolean;
}

/** A run that is being started has a folder before it has a journal. */
const startMs = 60_000;

/** For a run that nobody works on. Undefined where its folder is gone, or it has not been over for long enough. */
export async function judgeRunFolder(
  folder: RunFolder,
  state: StateFolder,
  { olderThanMs, force }: RunFolderRules,
): Promise<Finding | undefined> {
  const made = await timeOf(folder.root);
  if (made === undefined) return undefined;
  const written = await timeOf(folder.journal);
  const { endedAt, unfinished } = written === undefined ? nothing : await readPast(folder);
  const ageMs = Date.now() - (endedAt ?? written ?? made);
  if (ageMs < olderThanMs) return undefined;
  const finding = {
    kind: 'run',
    name: `runs/${folder.id}`,
    run: folder.id,
    bytes: await diskUsage(folder.root),
  } as const;
  if (unfinished !== undefined && !force) return { ...finding, reason: unfinished, forceable: true };
  if (written === undefined && ageMs < startMs) return { ...finding, reason: 'it may be starting right now' };
  return {
    ...finding,
    reason: unfinished ?? 'it has ended',
    async remove() {
      sweepMailboxBells(folder.mailbox);
      return discardFolder(folder.root, state.trash);
    },
  };
}

interface Past {
  /** Milliseconds since the epoch. */
  endedAt: number | undefined;
  /** What would be lost with it. */
  unfinished: string | undefined;
}

const nothing: Past = { endedAt: undefined, unfinished: undefined };

async function readPast(folder: RunFolder): Promise<Past> {
  const goOn = `go on with \`fanfold resume ${folder.id}\``;
  try {
    const past = await readPastRun(folder);
    if (past.state.end === undefined) return { ...nothing, unfinished: `unfinished: ${goOn}` };
    const { undone } = undoneOf(past, { failed: false });
    const unfinished = undone === 0 ? undefined : `${undone} left to do: ${goOn}`;
    return { endedAt: Date.parse(past.state.end.time), unfinished };
  } catch (error) {
    if (error instanceof FanfoldError && error.code === 'run-not-resumable') return nothing;
    return { ...nothing, unfinished: `its journal can't be read: ${messageOf(error)}` };
  }
}

async function timeOf(path: string): Promise<number | undefined> {
  return lstat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
}
