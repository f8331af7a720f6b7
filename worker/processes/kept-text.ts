/** Keeps the start and the end of a text that may be endless. Characters are UTF-16 units. */
export interface KeptText {
  add(text: string): void;
  /** The text, with a line that says how much was left out between its start and its end. */
  toString(): string;
}

export function createKeptText(headLength: number, tailLength: number): KeptText {
  let head = '';
  let tail = '';
  let dropped = 0;
  return {
    add(text) {
      const room = headLength - head.length;
      if (room > 0) head += text.slice(0, room);
      tail += room > 0 ? text.slice(room) : text;
      // Cut only now and then: cutting on every small piece would copy the tail each time.
      if (tail.length > 2 * tailLength) cutTail();
    },
    toString() {
      if (tail.length > tailLength) cutTail();
      return dropped === 0 ? head + tail : `${head}\n… ${dropped} characters left out …\n${tail}`;
    },
  };

  function cutTail(): void {
    dropped += tail.length - tailLength;
    tail = tail.slice(-tailLength);
  }
}

/** A whole text cut to its start and its end. */
export function cutText(text: string, headLength: number, tailLength: number): string {
  if (text.length <= headLength + tailLength) return text;
  const kept = createKeptText(headLength, tailLength);
  kept.add(text);
  return kept.toString();
}
