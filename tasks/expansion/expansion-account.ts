import type { Check, Subtask } from '../plan/plan.ts';
import { limits } from '../task-file/limits.ts';
import type { FieldPath } from '../task-file/problems.ts';
import type { ProblemCollector } from './problem-collector.ts';

/** Keeps an expansion within its limits of count and size. */
export interface ExpansionAccount {
  /** False, and from the first time on a problem thrown, when the subtask is one too many. */
  add(subtask: Subtask, path: FieldPath): boolean;
}

export function createAccount(problems: ProblemCollector): ExpansionAccount {
  let count = 0;
  let size = 0;
  return {
    add(subtask, path) {
      count += 1;
      size += sizeOf(subtask);
      const tooMany = count > limits.expandedSubtasks;
      if (!tooMany && size <= limits.expandedPlan) return true;
      const found = tooMany
        ? `found more than ${limits.expandedSubtasks.toLocaleString('en')} subtasks after expansion`
        : `found more than ${limits.expandedPlan / 1_000_000} MB of text after ${count.toLocaleString('en')} subtasks`;
      problems.add({ path, message: `${found}; allowed fewer, for instance with chunk or limit in forEach` });
      problems.throwIfAny();
      return false;
    },
  };
}

function sizeOf({ executor, environment, writes, checks }: Subtask): number {
  let size = 500;
  if (executor.kind === 'prompt') size += executor.prompt.length;
  else if (executor.kind === 'run') size += executor.command.length;
  else size += sum([...executor.rules.map(({ text }) => text), ...executor.files]);
  return size + sum(Object.values(environment)) + sum(writes) + sum(checks.map(textOf));
}

function textOf(check: Check): string {
  if ('run' in check) return check.run;
  return 'judge' in check ? check.judge.rubric : check.module.path;
}

function sum(texts: readonly string[]): number {
  return texts.reduce((total, text) => total + text.length, 0);
}
