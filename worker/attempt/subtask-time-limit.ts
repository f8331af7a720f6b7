import { FanfoldError } from '../../tasks/index.ts';

/** All rounds and candidates of an attempt together have this long. */
export function subtaskTimeLimit(id: string, timeoutMs: number): { signal: AbortSignal; clear: () => void } {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(
      new FanfoldError({
        code: 'timeout',
        message: `The subtask ${id} did not end within ${timeoutMs / 1000} s.`,
        next: 'Give it more time with `timeout`, or split it.',
        failure: 'timeout',
      }),
    );
  }, timeoutMs);
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}
