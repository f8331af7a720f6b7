import { changedPaths, type GateRequest, type Repository } from '../../ipc/index.ts';
import type { CheckSubject } from './check-subject.ts';
import { writeCommitDiff, writeNoDiff } from './write-diff.ts';

/** What checks judge on a merged tree: all that was merged into its base. Outside git nothing tells what was changed. */
export async function gateSubject(
  { base, commit, goal, checks }: GateRequest,
  repository: Repository | undefined,
): Promise<CheckSubject> {
  const between = base === undefined || commit === undefined ? undefined : { from: base, to: commit };
  const isAsked = checks.some((check) => !('run' in check));
  const changedFiles =
    repository === undefined || between === undefined || !isAsked
      ? []
      : await changedPaths(repository, between.from, between.to);
  return {
    on: 'merged',
    ...(goal === undefined ? {} : { goal }),
    ...(base === undefined ? {} : { base }),
    changedFiles,
    outcome: {},
    writeDiff: (path, signal) =>
      repository === undefined || between === undefined
        ? writeNoDiff(path)
        : writeCommitDiff(repository, between, path, signal),
  };
}
