/** The time that a run is at work. What it only waits for a person does not count. */
export interface RunClock {
  /** Nothing is at work any more, and somebody is asked. */
  hold(): void;
  goOn(): void;
  elapsedMs(): number;
  /** `onOverdue` is not called any more. */
  stop(): void;
}

/** What setTimeout can hold, 24 days; a run that long ends there. */
const longestTimerMs = 2 ** 31 - 1;

/** `onOverdue` is called when the run has been at work for `limitMs`, if there is a limit. */
export function startRunClock(limitMs: number | undefined, onOverdue: () => void): RunClock {
  let before = 0;
  let since: number | undefined;
  let timer: NodeJS.Timeout | undefined;

  const elapsedMs = (): number => before + (since === undefined ? 0 : performance.now() - since);
  const goOn = (): void => {
    if (since !== undefined) return;
    since = performance.now();
    if (limitMs !== undefined) timer = setTimeout(onOverdue, Math.min(limitMs - before, longestTimerMs)).unref();
  };
  goOn();
  return {
    hold() {
      clearTimeout(timer);
      before = elapsedMs();
      since = undefined;
    },
    goOn,
    elapsedMs,
    stop: () => clearTimeout(timer),
  };
}
