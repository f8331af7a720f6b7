import { writeWhole } from '../../../../ipc/index.ts';
import { type Recording, readRecording, type TurnEntry } from '../replay/read-recording.ts';
import { headerLine, type RecordingLine } from './recording-format.ts';

export interface RecordedAmount {
  turns: number;
  subtasks: number;
  bytes: number;
}

/**
 * Rewrites a recording that nobody writes any more: each part once, turns by subtask, so that the same conversations
 * make nearly the same file. Of a turn that was asked for twice in one attempt the last counts, as it did for the agent.
 * What a killed writer left of a line goes. FanfoldError `recording-invalid` when it can't be read.
 */
export async function tidyRecording(path: string): Promise<RecordedAmount> {
  const recording = readRecording(path);
  const turns = new Map<string, TurnEntry>();
  for (const entry of recording.turns) {
    const key = `${entry.subtask} ${entry.attempt} ${entry.candidate ?? 0} ${entry.helper ?? ''} ${entry.request}`;
    turns.delete(key);
    turns.set(key, entry);
  }
  const sorted = [...turns.values()].sort(
    (left, right) =>
      compare(left.subtask, right.subtask) ||
      left.attempt - right.attempt ||
      (left.candidate ?? 0) - (right.candidate ?? 0) ||
      compare(left.helper ?? '', right.helper ?? ''),
  );
  const lines = [...linesOf(sorted, recording)].map((line) => `${JSON.stringify(line)}\n`);
  const text = headerLine(recording.by) + lines.join('');
  await writeWhole(path, text);
  return {
    turns: sorted.length,
    subtasks: new Set(sorted.map(({ subtask }) => subtask)).size,
    bytes: Buffer.byteLength(text),
  };
}

function* linesOf(turns: readonly TurnEntry[], recording: Recording): Generator<RecordingLine> {
  const models = new Set(turns.map(({ model }) => model));
  for (const name of [...models].sort(compare)) {
    const limits = recording.models.get(name);
    yield { type: 'model', name, ...(limits === undefined ? {} : { limits }) };
  }
  // The text of a reply is in its turn.
  const written = new Set(turns.flatMap(({ reply }) => reply ?? []));
  for (const turn of turns) {
    const missing: RecordingLine[] = [];
    for (let hash: string | undefined = turn.request; hash !== undefined; ) {
      const part = recording.part(hash);
      if (part === undefined) break;
      if (!written.has(hash)) missing.push({ type: 'part', ...part });
      written.add(hash);
      hash = part.after;
    }
    yield* missing.reverse();
    yield recording.turn(turn);
  }
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left === right ? 0 : 1;
}
