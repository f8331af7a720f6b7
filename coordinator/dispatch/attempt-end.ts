import type { Outcome } from '../../ipc/index.ts';
import type { EventInput } from '../../tasks/index.ts';

/** The event that an outcome becomes. */
export function attemptEnd(outcome: Outcome, retry: boolean): EventInput & { type: 'attempt-end' } {
  const { subtask, attempt, worker, result, commit, summary, error, usage, durationMs, denials } = outcome;
  const { base, changedFiles, output, repairs, candidates, candidate } = outcome;
  return {
    type: 'attempt-end',
    subtask,
    attempt,
    worker,
    result,
    ...(commit === undefined ? {} : { commit }),
    retry,
    ...(summary === undefined ? {} : { summary }),
    ...(error === undefined ? {} : { error }),
    usage,
    durationMs,
    denials,
    ...(base === undefined ? {} : { base }),
    ...(changedFiles === undefined ? {} : { changedFiles }),
    ...(output === undefined ? {} : { output }),
    ...(repairs === undefined ? {} : { repairs }),
    ...(candidates === undefined ? {} : { candidates }),
    ...(candidate === undefined ? {} : { candidate }),
  };
}
