/** Signals and exit of a process, as live-view needs them; `process` is one. */
export interface ProcessEvents {
  readonly pid: number;
  on(event: 'exit' | 'SIGTSTP' | 'SIGCONT', listener: () => void): unknown;
  off(event: 'exit' | 'SIGTSTP' | 'SIGCONT', listener: () => void): unknown;
  kill(pid: number, signal: 'SIGSTOP'): unknown;
}

export interface TerminalGuardOptions {
  process: ProcessEvents;
  /** Bring the terminal back to what it was; runs when the process exits, whatever the reason, or is suspended. */
  restore: () => void;
  /** The process goes on after a suspension (Ctrl-Z, fg). */
  resume: () => void;
}

/** Restores the terminal however the process ends or stops. Returns the function that stands the guard down. */
export function guardTerminal({ process, restore, resume }: TerminalGuardOptions): () => void {
  let suspended = false;
  const suspend = () => {
    restore();
    suspended = true;
    // Listening to SIGTSTP has disabled its default action.
    process.kill(process.pid, 'SIGSTOP');
  };
  /** A shell may send SIGCONT more than once. */
  const goOn = () => {
    if (suspended) resume();
    suspended = false;
  };
  process.on('exit', restore);
  process.on('SIGTSTP', suspend);
  process.on('SIGCONT', goOn);
  return () => {
    process.off('exit', restore);
    process.off('SIGTSTP', suspend);
    process.off('SIGCONT', goOn);
  };
}
