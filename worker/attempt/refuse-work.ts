import type { Assignment } from '../../ipc/index.ts';
import { compileWriteSet, type ErrorRecord } from '../../tasks/index.ts';

/** Work outside of what the subtask may write. */
export function foreignWrites({ subtask }: Assignment, changedFiles: readonly string[]): ErrorRecord | undefined {
  if (subtask.writes.length === 0) return undefined;
  const { allows } = compileWriteSet(subtask.writes);
  const foreign = changedFiles.filter((path) => !allows(path));
  if (foreign.length === 0) return undefined;
  return {
    code: 'write-set-violation',
    message: `The subtask ${subtask.id} changed ${foreign.length === 1 ? '1 file' : `${foreign.length} files`} outside its declared writes: ${foreign.slice(0, 5).join(', ')}.`,
    next: `Add them to \`writes\` (now: ${subtask.writes.slice(0, 5).join(', ')}) if the change is wanted.`,
    failure: 'permanent',
    data: { files: foreign.slice(0, 100), writes: subtask.writes.slice(0, 100) },
  };
}

/** An agent that was asked for a change and made none has not done its work; one that owes an output may have. */
export function missingWork({ subtask }: Assignment, changedFiles: readonly string[]): ErrorRecord | undefined {
  const { executor, workspace, output, permissions } = subtask;
  const owesChange =
    executor.kind === 'prompt' && workspace !== 'none' && output === undefined && permissions.mode !== 'plan';
  if (!owesChange || changedFiles.length > 0) return undefined;
  return {
    code: 'agent-no-change',
    message: `The agent of ${subtask.id} ended without changing a file.`,
    next: 'Read its transcript with `fanfold logs`; if no change is right, ask for an `output` or use `workspace: none`.',
    failure: 'permanent',
  };
}
