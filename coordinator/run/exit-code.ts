import type { ErrorCode, ErrorRecord, RunState, SubtaskCounts, SubtaskState } from '../../tasks/index.ts';

/** Exit codes, as docs/command-line.md lists them. */
export const exitCodes = {
  success: 0,
  subtasksFailed: 1,
  usage: 2,
  gateFailed: 3,
  conflicts: 4,
  budget: 5,
  infrastructure: 6,
  interrupted: 130,
  terminated: 143,
} as const;

const gateCodes = new Set<ErrorCode>(['gate-failed', 'check-failed']);
const infrastructureCodes = new Set<ErrorCode>([
  'model-failed',
  'model-overloaded',
  'credentials-missing',
  'git-failed',
  'workspace-failed',
  'mailbox-failed',
  'journal-failed',
  'transcript-failed',
  'internal',
]);

/**
 * The exit code of a run that came to its end. What was left undone for want of budget outranks a gate, a gate a
 * conflict, a conflict ordinary failures; 6 only when nothing but infrastructure failed. Work left undone is never 0.
 */
export function exitCodeOf(state: RunState, counts: SubtaskCounts, gateFailed: boolean): number {
  const codes = Object.values(state.subtasks)
    .filter(({ status, error }) => status === 'failed' || (status === 'cancelled' && error?.failure !== 'cancelled'))
    .map(({ error }) => error?.code ?? 'internal');
  if (Object.values(state.subtasks).some(isShort)) return exitCodes.budget;
  if (gateFailed || codes.some((code) => gateCodes.has(code))) return exitCodes.gateFailed;
  if (counts.conflicted > 0) return exitCodes.conflicts;
  const causes = codes.filter((code) => code !== 'dependency-failed');
  if (causes.length > 0) {
    return causes.every((code) => infrastructureCodes.has(code)) ? exitCodes.infrastructure : exitCodes.subtasksFailed;
  }
  const finished = counts.landed + counts.unchanged + counts.cached;
  return finished === counts.total ? exitCodes.success : exitCodes.subtasksFailed;
}

/** Left undone for want of a budget. */
function isShort({ status, error }: SubtaskState): boolean {
  return (status === 'failed' || status === 'cancelled') && error?.code === 'budget-exhausted';
}

const usageCodes = new Set<ErrorCode>([
  'usage',
  'task-file-not-found',
  'task-file-unreadable',
  'task-file-invalid',
  'task-file-untrusted',
  'settings-invalid',
  'plan-invalid',
  'repository-missing',
  'repository-invalid',
  'state-untrusted',
  'base-unknown',
  'into-conflict',
  'codemod-invalid',
  'recording-invalid',
  'codemod-language-missing',
  'path-outside-workspace',
  'run-not-found',
  'run-not-resumable',
  'mailbox-not-found',
  'message-not-found',
  'not-confirmed',
]);

/** The exit code of a command that ended with an error before or outside a run. */
export function exitCodeOfError({ code, failure }: ErrorRecord): number {
  if (usageCodes.has(code)) return exitCodes.usage;
  if (code === 'budget-exhausted') return exitCodes.budget;
  // As the planning run ends that failed.
  if (code === 'planning-failed') return exitCodes.subtasksFailed;
  return failure === 'cancelled' ? exitCodes.interrupted : exitCodes.infrastructure;
}
