/**
 * The last line against work that hangs where no signal reaches it, as in a call to a disk that is gone. Called by
 * run-subtask.ts and run-gate.ts.
 */

/** What work gets, after it was told to stop, to end its processes, keep what it made and clear up. */
const usualGraceMs = 180_000;

/** The result of `work`, or of `overdue` once `signal` has been aborted for `graceMs`; what work does then is lost. */
export async function waitAtMost<Result>(
  work: Promise<Result>,
  signal: AbortSignal,
  overdue: () => Result,
  graceMs = usualGraceMs,
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  let begin = (): void => {};
  const late = new Promise<Result>((resolve) => {
    begin = () => {
      timer = setTimeout(() => resolve(overdue()), graceMs);
    };
  });
  signal.addEventListener('abort', begin, { once: true });
  if (signal.aborted) begin();
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', begin);
  }
}
