import { randomBytes } from 'node:crypto';

/** Numbers the messages of one mailbox instance. */
export interface Sender {
  /** A ULID of this instance, in small letters. */
  readonly ulid: string;
  /** Microseconds of the wall clock, but never the same or less than before: later publishing sorts later. */
  nextSequence(): number;
  /** Go on after a number that was seen in the box, so that a clock that was set back reverses no order. */
  passSequence(seen: number): void;
}

export function createSender(): Sender {
  let last = 0;
  return {
    ulid: ulid(Date.now(), randomBytes(16)),
    nextSequence() {
      last = Math.max(last + 1, Date.now() * 1000);
      return last;
    },
    passSequence(seen) {
      if (seen > last && seen < highestBelievable) last = seen;
    },
  };
}

/** Year 2200 in microseconds: a larger number is not from a sender's clock. */
const highestBelievable = 7_258_118_400_000_000;

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** 48 bits of time and 80 of chance in Crockford's base 32 (https://github.com/ulid/spec), in small letters. */
function ulid(timeMs: number, random: Buffer): string {
  let text = '';
  for (let rest = timeMs, digit = 0; digit < 10; digit += 1, rest = Math.floor(rest / 32)) {
    text = alphabet.charAt(rest % 32) + text;
  }
  for (const byte of random) text += alphabet.charAt(byte % 32);
  return text;
}
