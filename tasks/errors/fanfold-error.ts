/**
 * The one error class. Errors cross threads and files as records (throwing through a worker pool loses class, code
 * and fields), so every failure is describable by an ErrorRecord and retry decisions read `failure` only.
 */

/** What kind of failure it is; the only thing that retry logic may look at. */
export type FailureKind = 'transient' | 'permanent' | 'timeout' | 'cancelled' | 'denied';

/** Stable identifiers, shown to users and matched by programs. Never match on message text. */
export type ErrorCode =
  | 'usage'
  | 'task-file-not-found'
  | 'task-file-unreadable'
  | 'task-file-invalid'
  | 'task-file-untrusted'
  | 'settings-invalid'
  | 'plan-invalid'
  | 'planning-failed'
  | 'repository-missing'
  | 'repository-invalid'
  | 'state-untrusted'
  | 'base-unknown'
  | 'into-conflict'
  | 'git-failed'
  | 'credentials-missing'
  | 'model-failed'
  | 'model-overloaded'
  | 'model-refused'
  | 'agent-turn-limit'
  | 'agent-stopped'
  | 'callback-failed'
  | 'transcript-failed'
  | 'context-exhausted'
  | 'agent-no-change'
  | 'replay-diverged'
  | 'recording-invalid'
  | 'recording-failed'
  | 'output-invalid'
  | 'permission-denied'
  | 'path-outside-workspace'
  | 'write-set-violation'
  | 'codemod-invalid'
  | 'codemod-language-missing'
  | 'command-failed'
  | 'command-not-found'
  | 'check-failed'
  | 'gate-failed'
  | 'merge-conflict'
  | 'dependency-failed'
  | 'timeout'
  | 'cancelled'
  | 'worker-lost'
  | 'mailbox-failed'
  | 'mailbox-unknown-recipient'
  | 'mailbox-invalid-message'
  | 'mailbox-not-found'
  | 'message-not-found'
  | 'journal-failed'
  | 'run-not-found'
  | 'run-locked'
  | 'run-not-resumable'
  | 'workspace-failed'
  | 'budget-exhausted'
  | 'not-confirmed'
  | 'internal';

export interface ErrorRecord {
  code: ErrorCode;
  /** What happened, naming its subject. One sentence. */
  message: string;
  /** What the user can do about it. One sentence; always there. */
  next: string;
  failure: FailureKind;
  /** JSON-compatible details (paths, figures, tails of output). */
  data?: Record<string, unknown>;
  cause?: ErrorRecord | { message: string };
}

export interface FanfoldErrorInit {
  code: ErrorCode;
  message: string;
  next: string;
  /** Default `permanent`. */
  failure?: FailureKind;
  data?: Record<string, unknown>;
  cause?: unknown;
}

export class FanfoldError extends Error {
  readonly code: ErrorCode;
  readonly next: string;
  readonly failure: FailureKind;
  readonly data: Record<string, unknown> | undefined;

  constructor({ code, message, next, failure = 'permanent', data, cause }: FanfoldErrorInit) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'FanfoldError';
    this.code = code;
    this.next = next;
    this.failure = failure;
    this.data = data;
  }
}
