import type { CommandContext } from './command-context.ts';

export interface ReadKeyOptions {
  /** What comes in the first so many milliseconds was typed before. */
  ignoreForMs: number;
  /** The key that what came in one piece stands for; what stands for none is passed over. */
  keyOf: (typed: string) => string | undefined;
  signal: AbortSignal;
}

/** Keys that a terminal in raw mode does not turn into signals. */
const signalOf: Readonly<Record<string, NodeJS.Signals>> = {
  '\u0003': 'SIGINT',
  '\u001a': 'SIGTSTP',
  '\u001c': 'SIGQUIT',
};

/**
 * The next wanted key at a terminal; undefined when the process was suspended meanwhile, since the terminal is then no
 * longer as it was. Rejects when the signal aborts or the terminal is gone. Leaves the terminal in its usual mode.
 */
export function readKey(
  stdin: CommandContext['stdin'],
  { ignoreForMs, keyOf, signal }: ReadKeyOptions,
): Promise<string | undefined> {
  signal.throwIfAborted();
  const startedAt = performance.now();
  return new Promise<string | undefined>((resolve, reject) => {
    const end = (finish: () => void): void => {
      stdin.off('data', onData).off('end', onGone).off('error', onGone);
      signal.removeEventListener('abort', onAbort);
      process.off('SIGCONT', onContinue);
      stdin.pause();
      setRaw(stdin, false);
      finish();
    };
    const onData = (data: Buffer | string): void => {
      const typed = String(data);
      const name = signalOf[typed];
      if (name === 'SIGTSTP') {
        setRaw(stdin, false);
        process.kill(process.pid, name);
      } else if (name !== undefined) process.kill(process.pid, name);
      else if (performance.now() - startedAt >= ignoreForMs) {
        const key = keyOf(typed);
        if (key !== undefined) end(() => resolve(key));
      }
    };
    const onGone = (): void => end(() => reject(new Error('the terminal is gone')));
    const onAbort = (): void => end(() => reject(signal.reason));
    const onContinue = (): void => end(() => resolve(undefined));
    stdin.on('data', onData).once('end', onGone).once('error', onGone);
    signal.addEventListener('abort', onAbort, { once: true });
    process.on('SIGCONT', onContinue);
    setRaw(stdin, true);
    stdin.resume();
  });
}

/** A terminal that is gone can't be set, and need not be. */
function setRaw(stdin: CommandContext['stdin'], raw: boolean): void {
  try {
    if (stdin.isTTY) stdin.setRawMode(raw);
  } catch {
    // Reading from it fails too, and that is reported.
  }
}
