export { type FoundCredentials, findCredentials } from './credentials/find-credentials.ts';
export { commitTree, type MergeAttempt, mergeCommits } from './git/merge-commits.ts';
export { changedPaths, listTree, readBlobs, readFileAt, type TreeEntry } from './git/read-objects.ts';
export { checkedOutBranches, deleteBranch, isAncestor, moveBranch, readBranch } from './git/references.ts';
export { openRepository, type Repository, resolveCommit } from './git/repository.ts';
export { gitText, runGit } from './git/run-git.ts';
export { commitChanges, type FileChange } from './git/write-commit.ts';
export { followJournal } from './journal/follow-journal.ts';
export { type Journal, openJournal } from './journal/journal.ts';
export { readJournal } from './journal/read-journal.ts';
export { createFileMailbox } from './mailbox/file/file-mailbox.ts';
export type {
  Claim,
  DeadLetterReason,
  Mailbox,
  MailboxEntry,
  OutgoingMessage,
  PublishOptions,
} from './mailbox/mailbox.ts';
export { createMemoryMailbox } from './mailbox/memory/memory-mailbox.ts';
export { type Assignment, assignmentSchema } from './protocol/assignment.ts';
export { type Control, controlSchema } from './protocol/control.ts';
export { type Envelope, envelopeSchema, nameSchema } from './protocol/envelope.ts';
export { type GateRequest, type GateResult, gateRequestSchema, gateResultSchema } from './protocol/gate.ts';
export { checkResultSchema, type Outcome, outcomeSchema } from './protocol/outcome.ts';
export { recipients } from './protocol/recipients.ts';
export type { FromWorker, ToWorker, WorkerInput } from './protocol/worker-port.ts';
export { applyFolderChanges, contentHash, fileHash, writeFolderChanges } from './run-folder/folder-changes.ts';
export {
  attemptFolder,
  ensureStateFolder,
  findRun,
  listRuns,
  newRunId,
  type RunFolder,
  runFolder,
  type StateFolder,
  stateFolder,
} from './run-folder/run-folder.ts';
