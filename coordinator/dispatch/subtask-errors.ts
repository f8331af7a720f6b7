import type { ErrorRecord, Subtask } from '../../tasks/index.ts';

/** For a subtask whose need did not land. */
export function dependencyError(subtask: Subtask, failed: string): ErrorRecord {
  return {
    code: 'dependency-failed',
    message: `${subtask.id} was not started, because ${failed}, which it needs, did not land.`,
    next: `Mend ${failed} and run again.`,
    failure: 'permanent',
  };
}

/** For a subtask that was cancelled before a worker had it. */
export function cancelledError(id: string, reason: string): ErrorRecord {
  return {
    code: 'cancelled',
    message: `${id} was cancelled: ${reason}`,
    next: 'Go on with `fanfold resume` to have it done after all.',
    failure: 'cancelled',
  };
}

/** For a subtask whose message was buried. */
export function lostError(id: string, reason: string): ErrorRecord {
  return {
    code: 'worker-lost',
    message: `${id} was given up: ${reason}.`,
    next: 'Look at its last lines with `fanfold logs`; it may use too much memory, end its worker, or apply a rule that takes for ever (`stopBy: end` in a large file).',
    failure: 'permanent',
  };
}
