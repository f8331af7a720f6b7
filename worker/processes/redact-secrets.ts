/**
 * Takes the values of secret environment variables out of what commands print. Commands do not get these variables,
 * but one that is not confined can read them from the process that started it; logs, mailboxes and models must not.
 */

export interface Redactor {
  /** All that is certain by now; a piece that could be the beginning of a secret waits for the next call. */
  write(bytes: Buffer): Buffer;
  /** What still waits. */
  end(): Buffer;
}

/** For one stream of bytes. `secrets` as secretsIn returns them. */
export function createRedactor(secrets: readonly { name: string; value: string }[]): Redactor {
  const patterns = secrets.map(({ name, value }) => ({
    // Latin-1 keeps every byte, so that bytes can be searched as text.
    value: Buffer.from(value).toString('latin1'),
    replacement: `[${name}]`,
  }));
  const held = Math.max(0, ...patterns.map(({ value }) => value.length - 1));
  let waiting = '';
  const redact = (text: string): string =>
    patterns.reduce((result, { value, replacement }) => result.replaceAll(value, () => replacement), text);
  return {
    write(bytes) {
      if (patterns.length === 0) return bytes;
      const text = redact(waiting + bytes.toString('latin1'));
      const keep = longestBeginning(text, held, patterns);
      waiting = text.slice(text.length - keep);
      return Buffer.from(text.slice(0, text.length - keep), 'latin1');
    },
    end() {
      const rest = Buffer.from(waiting, 'latin1');
      waiting = '';
      return rest;
    },
  };
}

/** How many of the last characters could be the beginning of a secret. */
function longestBeginning(text: string, most: number, patterns: readonly { value: string }[]): number {
  for (let length = Math.min(most, text.length); length > 0; length -= 1) {
    const tail = text.slice(text.length - length);
    if (patterns.some(({ value }) => value.startsWith(tail))) return length;
  }
  return 0;
}
