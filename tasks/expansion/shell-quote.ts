/** A text as one word of a POSIX shell. The text must not contain NUL, which no command line can carry. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
