import { formatFieldPath, type Problem, type TaskFileSource, taskFileError } from '../task-file/problems.ts';

const maximum = 100;

/** Gathers the problems of an expansion; the same place is named once, however many items stumble over it. */
export interface ProblemCollector {
  /** Throws the report at once when there are more than enough problems. */
  add(problem: Problem): void;
  /** Throws FanfoldError `task-file-invalid` when there are problems. */
  throwIfAny(): void;
}

export function collectProblems(source: TaskFileSource): ProblemCollector {
  const problems = new Map<string, Problem>();
  const throwIfAny = () => {
    if (problems.size > 0) throw taskFileError([...problems.values()], source);
  };
  return {
    add(problem) {
      const place = `${formatFieldPath(problem.path)}\n${problem.occurrence ?? problem.message}`;
      if (!problems.has(place)) problems.set(place, problem);
      if (problems.size >= maximum) throwIfAny();
    },
    throwIfAny,
  };
}
