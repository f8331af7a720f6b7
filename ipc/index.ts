export {
  type Amounts,
  type Ask,
  amountsOfUsage,
  costOfAsk,
  limitsOf,
  moneyOf,
  unlimitedAmount,
  usdOf,
} from './budget/amounts.ts';
export {
  createLedgerMemory,
  emptyLedger,
  giveUpWorker,
  growLedger,
  joinLedger,
  type Ledger,
  type Need,
} from './budget/ledger.ts';
export type { LedgerMemory } from './budget/ledger-cells.ts';
export { type FoundCredentials, findCredentials } from './credentials/find-credentials.ts';
export { findDeadBells, hasListener, removeOwnBells, sweepMailboxBells } from './doorbell/mailbox-bells.ts';
export { isProcessElsewhere, isProcessGone, processIdentity } from './doorbell/process-identity.ts';
export { commitTree, mergeCommits, mergeTrees } from './git/merge-commits.ts';
export { openPrivateGitFolder } from './git/private-git-folder.ts';
export { readCommits } from './git/read-commits.ts';
export { changedPaths, listTree, readBlobs, type TreeEntry } from './git/read-objects.ts';
export { readTextsAt } from './git/read-texts.ts';
export {
  branchesInTheWay,
  checkedOutBranches,
  deleteBranch,
  isAncestor,
  moveBranch,
  readBranch,
} from './git/references.ts';
export { openRepository, type Repository, resolveCommit } from './git/repository.ts';
export { type GitSetting, gitText, runGit } from './git/run-git.ts';
export { refuseTrackedState, trackedState, trackedStateError } from './git/tracked-state.ts';
export { commitChanges, type FileChange } from './git/write-commit.ts';
export { gatherInstructions } from './instructions/gather-instructions.ts';
export { followJournal } from './journal/follow-journal.ts';
export { type Journal, openJournal } from './journal/journal.ts';
export { readJournal } from './journal/read-journal.ts';
export { createFileMailbox } from './mailbox/file/file-mailbox.ts';
export { openMailbox } from './mailbox/file/open-mailbox.ts';
export type {
  Claim,
  Mailbox,
  MailboxEntry,
  OutgoingMessage,
} from './mailbox/mailbox.ts';
export { commandEnvironment, secretsIn } from './processes/command-environment.ts';
export {
  findForsakenFolders,
  removeForsakenFolders,
  removeOwnFolders,
  temporaryParents,
} from './processes/forsaken-folders.ts';
export { inputVariablesDigest } from './processes/input-variables.ts';
export { runChain, runnerMark, runnersOf, runnerVariable, runVariable } from './processes/run-marks.ts';
export { type Assignment, assignmentSchema } from './protocol/assignment.ts';
export {
  type BasePlace,
  baseCheckKey,
  comparedWithBase,
  isExcused,
  tellsOfBase,
} from './protocol/base-comparison.ts';
export { type Control, controlSchema } from './protocol/control.ts';
export type { Envelope } from './protocol/envelope.ts';
export { type GateRequest, type GateResult, gateRequestSchema, gateResultSchema } from './protocol/gate.ts';
export {
  type HelperAnswer,
  type HelperRequest,
  helperAnswerSchema,
  helperLimits,
  helperRequestSchema,
} from './protocol/helper.ts';
export { type MailMessage, messageLimit, messageSchema } from './protocol/message.ts';
export { type Outcome, outcomeSchema } from './protocol/outcome.ts';
export { type PermissionRequestMail, permissionRequestSchema } from './protocol/permission-request.ts';
export { digestPlan, type PlanDigests, unplannedAssignment, unplannedGate } from './protocol/plan-digests.ts';
export {
  agentBox,
  answerId,
  controlBox,
  helperBox,
  outsideName,
  outsideProcess,
  questionId,
  recipients,
  workBoxes,
} from './protocol/recipients.ts';
export type { FromWorker, ToWorker, WorkerInput } from './protocol/worker-port.ts';
export { hasAgentEnded, markAgentEnded, reopenAgent } from './run-folder/agent-end.ts';
export { applyFolderChanges } from './run-folder/apply-folder-changes.ts';
export { digestCheckModule, readCheckModuleFiles, writeCheckModules } from './run-folder/check-modules.ts';
export { discardFolder, emptyTrash } from './run-folder/discard-folder.ts';
export { readFileState, sameFileState } from './run-folder/file-state.ts';
export { changedFile, type FolderChange, readFolderChanges, writeFolderChanges } from './run-folder/folder-changes.ts';
export { type HelperFolder, helperFolder, helpersFolder } from './run-folder/helper-folder.ts';
export {
  type PromptLayerName,
  type PromptRecord,
  promptCacheFolder,
  promptRecordSchema,
  promptRecordsFile,
} from './run-folder/prompt-records.ts';
export {
  attemptFolder,
  candidateFolder,
  checkStateFolder,
  ensureStateFolder,
  findRun,
  listRuns,
  newRunId,
  type RunFolder,
  runFolder,
  type StateFolder,
  stateFolder,
} from './run-folder/run-folder.ts';
export { isSealed, requireSeal, sealRun } from './run-folder/run-seal.ts';
export { judgeTranscript, usageOfAll, usageOfJudges } from './run-folder/transcript-usage.ts';
export { writeWhole } from './run-folder/write-whole.ts';
export { homeFolder, userFolder } from './user-files/user-folder.ts';
export { readUserSettings, userSettingsPath } from './user-files/user-settings-file.ts';
export {
  type CopiedFile,
  type CopiedFiles,
  copyChanges,
  lookAtCopied,
  writeCopiedFiles,
} from './workspaces/copy-changes.ts';
export { listFolder } from './workspaces/list-folder.ts';
export {
  forgetSalvage,
  readSalvage,
  salvagedChanges,
  salvageWorkspace,
  writeSalvage,
} from './workspaces/salvage.ts';
export { snapshotWorktree } from './workspaces/snapshot-worktree.ts';
export {
  attemptOfRecord,
  forgetWorkspaceRecord,
  readWorkspaceRecords,
  type WorkspaceRecord,
  writeWorkspaceRecord,
} from './workspaces/workspace-record.ts';
export { copyIndex, insideWorktree, savedIndex, saveIndex, type Worktree } from './workspaces/worktree-index.ts';
