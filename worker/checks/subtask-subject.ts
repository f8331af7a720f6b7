import type { Assignment, Repository } from '../../ipc/index.ts';
import type { ExecutionResult } from '../executors/executor.ts';
import type { Snapshot, Workspace } from '../workspace/workspace.ts';
import type { CheckSubject } from './check-subject.ts';
import { writeCommitDiff, writeCopyDiff, writeNoDiff } from './write-diff.ts';

export interface SubtaskWork {
  assignment: Assignment;
  repository: Repository | undefined;
  workspace: Pick<Workspace, 'root' | 'base'>;
  snapshot: Snapshot;
  /** What its executor came to. */
  done: Pick<ExecutionResult, 'output' | 'summary'>;
}

/** What checks judge in the workspace of a subtask. */
export function subtaskSubject({ assignment, repository, workspace, snapshot, done }: SubtaskWork): CheckSubject {
  const { subtask, goal } = assignment;
  const { id, title, executor } = subtask;
  const { root: copy, base } = workspace;
  const { commit, changedFiles } = snapshot;
  return {
    on: 'workspace',
    ...(goal === undefined ? {} : { goal }),
    subtask: {
      id,
      ...(title === undefined ? {} : { title }),
      ...(executor.kind === 'prompt' ? { prompt: executor.prompt } : {}),
    },
    ...(base === undefined ? {} : { base }),
    changedFiles,
    outcome: {
      ...(done.output === undefined ? {} : { output: done.output }),
      ...(done.summary === undefined ? {} : { summary: done.summary }),
    },
    async writeDiff(path, signal) {
      if (repository !== undefined && base !== undefined && commit !== undefined) {
        await writeCommitDiff(repository, { from: base, to: commit }, path, signal);
      } else if (subtask.workspace === 'copy' && copy !== undefined) {
        await writeCopyDiff({ original: assignment.repository, copy, changedFiles }, path, signal);
      } else await writeNoDiff(path);
    },
  };
}
