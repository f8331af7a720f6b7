import type { Plan, Subtask } from '../../tasks/index.ts';
import { digestOf } from './digest.ts';
import { resultFormat } from './kept-result.ts';

export interface DefinitionContext {
  plan: Plan;
  /** Fanfold's own: another version may do the same work differently. */
  version: string;
  /** What every agent of the run is told of the project. */
  instructions: string | undefined;
}

/**
 * What each subtask is told to do, and how, as a digest; ids, titles, time limits and retries are no part of it. Subtasks
 * that are told the same (several tries at one prompt) are told apart by their order.
 */
export function definitionsOf(context: DefinitionContext): ReadonlyMap<string, string> {
  const seen = new Map<string, number>();
  return new Map(
    context.plan.subtasks.map((subtask) => {
      const digest = digestOf(definitionOf(subtask, context));
      const before = seen.get(digest) ?? 0;
      seen.set(digest, before + 1);
      return [subtask.id, before === 0 ? digest : digestOf([digest, before])];
    }),
  );
}

function definitionOf(subtask: Subtask, { plan, version, instructions }: DefinitionContext): unknown {
  const { executor, workspace, writes, output, permissions, model, environment } = subtask;
  const checks = subtask.checks.filter(({ on }) => on.includes('workspace'));
  return {
    format: resultFormat,
    version,
    executor,
    workspace,
    writes,
    output,
    checks,
    ...(executor.kind === 'prompt' ? { goal: plan.goal, instructions, permissions, model } : {}),
    ...(seesEnvironment(subtask, checks.length > 0) ? { environment } : {}),
  };
}

/** Variables are for commands. One of them is the number of the item, which changes when another is put before it. */
function seesEnvironment({ executor, permissions }: Subtask, hasChecks: boolean): boolean {
  if (executor.kind === 'run' || hasChecks) return true;
  if (executor.kind === 'codemod') return false;
  return permissions.mode === 'bypassPermissions' || permissions.allow.some((rule) => rule.startsWith('Bash'));
}
