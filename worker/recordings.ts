/**
 * What is done with recordings before and after a run: make, check, tidy, count. Called by the command line, which knows
 * run and worker; the parts are loaded when there is a recording at all.
 */
import type { BeginOptions } from './agent/model/recording/begin-recording.ts';
import type { RecordedAmount } from './agent/model/recording/tidy-recording.ts';

/** Before anything is done. FanfoldError `recording-invalid` when nothing can be recorded there. */
export async function checkRecordTarget(path: string): Promise<void> {
  await (await import('./agent/model/recording/begin-recording.ts')).checkRecordTarget(path);
}

/** FanfoldError `recording-invalid` when the file can't be made. */
export async function beginRecording(path: string, options: BeginOptions): Promise<void> {
  await (await import('./agent/model/recording/begin-recording.ts')).beginRecording(path, options);
}

/** When nobody records into it any more. FanfoldError `recording-invalid` when it can't be read. */
export async function tidyRecording(path: string): Promise<RecordedAmount> {
  return (await import('./agent/model/recording/tidy-recording.ts')).tidyRecording(path);
}

/** FanfoldError `recording-invalid` when it can't be replayed. */
export async function checkRecording(path: string): Promise<void> {
  (await import('./agent/model/replay/read-recording.ts')).readRecording(path);
}

/** Turns of a recording that runs, named by their folders, have not used: how many, of which subtasks. */
export async function unusedTurns(
  path: string,
  runFolders: readonly string[],
): Promise<{ turns: number; subtasks: string[] }> {
  const [{ readRecording }, { usedTurns }] = await Promise.all([
    import('./agent/model/replay/read-recording.ts'),
    import('./agent/model/replay/replay-log.ts'),
  ]);
  const recording = readRecording(path);
  const used = usedTurns(runFolders, recording);
  const unused = recording.turns.filter(({ index }) => !used.has(index));
  return { turns: unused.length, subtasks: [...new Set(unused.map(({ subtask }) => subtask))] };
}
