/**
 * A view shows events to somebody: a person at a terminal (live-view), a log (plain-view), a program (json-view).
 * Called by the command line, which chooses one by --json and terminalSettings. Promise: a view never throws and never
 * stops a run; when its output is gone (a closed pipe), it falls silent.
 */
import type { FanfoldEvent } from '../../tasks/index.ts';

export interface View {
  /** Takes events in order. Returns at once. */
  show(event: FanfoldEvent): void;
  /** Takes an event of an earlier session of the run: known from now on, and not shown. */
  recall(event: FanfoldEvent): void;
  /** A line from the program itself to a person; programs that read events are not told. */
  say(text: string): void;
  /**
   * Shows a question that waits for a key, in place of the one before, until it is undefined. False where a view has no
   * place for one: then whoever asks must show it.
   */
  ask(question: string | undefined): boolean;
  /**
   * Resolves when all is written, or given up because the output is closed or `signal` aborts. The terminal is as it
   * was before; what is printed next follows cleanly. Idempotent.
   */
  close(signal?: AbortSignal): Promise<void>;
}
