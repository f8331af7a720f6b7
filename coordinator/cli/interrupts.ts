import type { View } from '../reporting/view.ts';
import { exitCodes } from '../run/exit-code.ts';
import type { CommandContext } from './command-context.ts';

/** Two steps of ending: the first signal finishes what is at hand, the second ends everything now. */
export interface Interrupts {
  drain: AbortSignal;
  stop: AbortSignal;
  /** Give the signals back to the process. */
  release(): void;
}

/** Listen to SIGINT, SIGTERM and SIGHUP. `onFirst` is called once, to tell the person what a second one does. */
export function catchInterrupts(onFirst: () => void): Interrupts {
  const drain = new AbortController();
  const stop = new AbortController();
  const take = (exitCode: number) => () => {
    if (drain.signal.aborted) return stop.abort({ exitCode });
    drain.abort({ exitCode });
    onFirst();
  };
  const onInterrupt = take(exitCodes.interrupted);
  const onTerminate = take(exitCodes.terminated);
  // A terminal that was closed can show nothing and answer nothing: end at once.
  const onHangUp = (): void => {
    drain.abort({ exitCode: 129 });
    stop.abort({ exitCode: 129 });
  };
  process.on('SIGINT', onInterrupt).on('SIGTERM', onTerminate).on('SIGHUP', onHangUp);
  return {
    drain: drain.signal,
    stop: stop.signal,
    release() {
      process.off('SIGINT', onInterrupt).off('SIGTERM', onTerminate).off('SIGHUP', onHangUp);
    },
  };
}

/** Programs that read events get it on standard error. */
export function sayWhatASecondDoes(view: View, json: boolean, { stderr }: Pick<CommandContext, 'stderr'>): void {
  const words = 'Finishing what is at hand; press Ctrl-C again to stop now.';
  if (json) stderr.write(`fanfold: ${words}\n`);
  else view.say(words);
}
