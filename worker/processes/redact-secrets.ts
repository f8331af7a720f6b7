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
  // Where one secret begins with another, the longer one is looked for first.
  patterns.sort((left, right) => right.value.length - left.value.length);
  let waiting = '';
  const redact = (text: string): Buffer =>
    Buffer.from(
      patterns.reduce((result, { value, replacement }) => result.replaceAll(value, () => replacement), text),
      'latin1',
    );
  return {
    write(bytes) {
      if (patterns.length === 0) return bytes;
      const text = waiting + bytes.toString('latin1');
      const certain = certainLength(text, patterns);
      waiting = text.slice(certain);
      return redact(text.slice(0, certain));
    },
    end() {
      const rest = redact(waiting);
      waiting = '';
      return rest;
    },
  };
}

/** How many of the first characters can be judged: none of them is part of a secret that may still go on. */
function certainLength(text: string, patterns: readonly { value: string }[]): number {
  const longest = patterns[0]?.value.length ?? 0;
  let certain = text.length;
  for (let length = Math.min(longest - 1, text.length); length > 0; length -= 1) {
    const tail = text.slice(text.length - length);
    if (!patterns.some(({ value }) => value.length > length && value.startsWith(tail))) continue;
    certain = text.length - length;
    break;
  }
  // A secret that ends in what waits must not be cut in two.
  for (let start = Math.max(0, certain - longest + 1); start < certain; start += 1) {
    if (patterns.some(({ value }) => start + value.length > certain && text.startsWith(value, start))) return start;
  }
  return certain;
}

/** The same for a whole text. */
export function withoutSecrets(text: string, secrets: readonly { name: string; value: string }[]): string {
  const redactor = createRedactor(secrets);
  return Buffer.concat([redactor.write(Buffer.from(text)), redactor.end()]).toString();
}
