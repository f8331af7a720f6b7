export { type FoundCredentials, findCredentials } from './credentials/find-credentials.ts';
export { isProcessGone, processIdentity } from './doorbell/process-identity.ts';
export { commitTree, mergeCommits } from './git/merge-commits.ts';
export { openPrivateGitFolder, type PrivateGitFolder } from './git/private-git-folder.ts';
export {
  type ChangedEntry,
  changedEntries,
  changedPaths,
  listTree,
  readBlobs,
  readFileAt,
  type TreeEntry,
} from './git/read-objects.ts';
export { branchesInTheWay, checkedOutBranches, isAncestor, moveBranch, readBranch } from './git/references.ts';
export { openRepository, type Repository, resolveCommit } from './git/repository.ts';
export { type GitOptions, gitText, runGit } from './git/run-git.ts';
export { commitChanges, type FileChange } from './git/write-commit.ts';
export { followJournal } from './journal/follow-journal.ts';
export { type Journal, openJournal } from './journal/journal.ts';
export { readJournal } from './journal/read-journal.ts';
export { createFileMailbox } from './mailbox/file/file-mailbox.ts';
export type {
  Claim,
  Mailbox,
  OutgoingMessage,
} from './mailbox/mailbox.ts';
export { commandEnvironment, secretsIn } from './processes/command-environment.ts';
export { type Assignment, assignmentSchema } from './protocol/assignment.ts';
export { controlSchema } from './protocol/control.ts';
export type { Envelope } from './protocol/envelope.ts';
export { type GateRequest, type GateResult, gateRequestSchema, gateResultSchema } from './protocol/gate.ts';
export { type Outcome, outcomeSchema } from './protocol/outcome.ts';
export { answerId, questionId, recipients } from './protocol/recipients.ts';
export type { FromWorker, ToWorker, WorkerInput } from './protocol/worker-port.ts';
export { applyFolderChanges } from './run-folder/apply-folder-changes.ts';
export { discardFolder, emptyTrash } from './run-folder/discard-folder.ts';
export { type FileState, readFileState, sameFileState } from './run-folder/file-state.ts';
export { type FolderChange, writeFolderChanges } from './run-folder/folder-changes.ts';
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
