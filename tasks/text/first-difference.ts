export interface TextDifference {
  /** Of the first byte that differs, in UTF-8. */
  offset: number;
  /** What stands around it in each of the two, a few bytes before it included. */
  before: string;
  after: string;
}

const longestExcerpt = 60;
const bytesBefore = 20;

/** Where two texts part; `start` is added to the offset. Undefined where they are equal. */
export function firstDifference(before: string, after: string, start = 0): TextDifference | undefined {
  if (before === after) return undefined;
  const [left, right] = [Buffer.from(before), Buffer.from(after)];
  let offset = 0;
  while (offset < left.length && left[offset] === right[offset]) offset += 1;
  return { offset: start + offset, before: excerpt(left, offset), after: excerpt(right, offset) };
}

function excerpt(bytes: Buffer, offset: number): string {
  const from = Math.max(0, offset - bytesBefore);
  // A character that is cut in two is left out.
  return bytes
    .subarray(from, from + longestExcerpt)
    .toString()
    .replaceAll('\uFFFD', '');
}
