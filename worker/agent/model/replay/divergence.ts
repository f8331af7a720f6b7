/** Says where a request differs from all that was recorded. Called by replay-model.ts when there is no reply to it. */
import { type ErrorRecord, oneLine } from '../../../../tasks/index.ts';
import type { ModelUse } from '../recording/model-use.ts';
import type { RequestPart } from '../recording/request-parts.ts';
import type { Recording } from './read-recording.ts';

const longestSide = 300;
/** Characters shown before the first that differs. */
const shownBefore = 40;

/** FanfoldError `replay-diverged`, as a record. `parts` are those of the request. */
export function divergence(
  recording: Recording,
  parts: readonly RequestPart[],
  { subtask }: Pick<ModelUse, 'subtask'>,
): ErrorRecord {
  const turn = parts.filter(({ kind }) => kind === 'assistant').length + 1;
  const index = parts.findIndex(({ hash }) => recording.part(hash) === undefined);
  const now = parts[index];
  const recorded = now === undefined ? undefined : closest(recording, now, subtask);
  const subject = `Turn ${turn} of ${subtask} is not in ${recording.name}`;
  if (now === undefined || recorded === undefined) {
    return diverged(`${subject}: nothing more was recorded of this conversation.`, { turn });
  }
  const difference = firstDifference(recorded, now);
  const isFirst = parts.slice(0, index).every(({ kind }) => kind === 'system');
  const known = recording.turns.some((entry) => entry.subtask === subtask);
  const message =
    `${subject}${known ? '' : ', which holds nothing of this subtask'}: ${placeOf(now, difference.line, isFirst)} was recorded as ` +
    `${difference.recorded} and is now ${difference.now}.`;
  return diverged(message, { turn, ...difference });
}

/** Of what was recorded at the same place: preferably of the same subtask, else what is like it for longest. */
function closest(recording: Recording, now: RequestPart, subtask: string): RequestPart | undefined {
  const there = [...recording.partsAfter(now.after)].flatMap((hash) => recording.part(hash) ?? []);
  const own = partsOfSubtask(recording, subtask);
  const candidates = there.filter(({ hash }) => own.has(hash));
  let best: { part: RequestPart; common: number } | undefined;
  for (const part of candidates.length > 0 ? candidates : there) {
    const common = commonLength(part.text, now.text);
    if (best === undefined || common > best.common) best = { part, common };
  }
  return best?.part;
}

function partsOfSubtask(recording: Recording, subtask: string): ReadonlySet<string> {
  const own = new Set<string>();
  for (const entry of recording.turns) {
    if (entry.subtask !== subtask) continue;
    for (let hash: string | undefined = entry.request; hash !== undefined && !own.has(hash); ) {
      own.add(hash);
      hash = recording.part(hash)?.after;
    }
  }
  return own;
}

function commonLength(left: string, right: string): number {
  let length = 0;
  while (length < left.length && left[length] === right[length]) length += 1;
  return length;
}

interface Difference {
  /** Of the part's text, from 0. */
  line: number;
  recorded: string;
  now: string;
}

function firstDifference(recorded: RequestPart, now: RequestPart): Difference {
  const [before, after] = [recorded.text.split('\n'), now.text.split('\n')];
  let line = 0;
  while (line < before.length && line < after.length && before[line] === after[line]) line += 1;
  const [left, right] = [before[line], after[line]];
  const from = Math.max(0, commonLength(left ?? '', right ?? '') - shownBefore);
  const sides = (mark: (text: string) => string) => ({
    recorded: shown(left, from, mark),
    now: shown(right, from, mark),
  });
  const plain = sides((text) => text);
  return { line, ...(plain.recorded === plain.now ? sides(withVisibleSpace) : plain) };
}

function shown(line: string | undefined, from: number, mark: (text: string) => string): string {
  if (line === undefined) return 'nothing';
  const part = `${from > 0 ? '…' : ''}${line.slice(from, from + longestSide)}`;
  return JSON.stringify(oneLine(mark(part), longestSide));
}

/** Where nothing else differs. */
function withVisibleSpace(text: string): string {
  return text.replaceAll(' ', '·').replaceAll('\t', '→').replaceAll('\r', '␍');
}

/** In words of the user's set-up, where the line can be found. */
function placeOf({ kind, text }: RequestPart, line: number, isFirst: boolean): string {
  if (kind === 'system') return `line ${line + 1} of what all agents are told (goal, instructions of the project)`;
  const lines = text.split('\n');
  const heading = lines.findLastIndex(
    (words, index) => index <= line && /^\[(?:text|result of|call of)\b.*\]$/.test(words),
  );
  const within = line - Math.max(0, heading);
  const name = lines[heading]?.slice(1, -1).replace(/, an error$/, '') ?? 'text';
  const block = name === 'text' ? (isFirst ? 'its prompt' : 'what it was told') : `the ${oneLine(name, 100)}`;
  return within === 0 ? block : `line ${within} of ${block}`;
}

function diverged(message: string, data: Record<string, unknown>): ErrorRecord {
  return {
    code: 'replay-diverged',
    message,
    next: 'If the change is meant, record again with a real model and --record; docs/replay.md says what else makes a recording diverge.',
    failure: 'permanent',
    data,
  };
}
