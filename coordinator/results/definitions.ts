import { inputVariablesDigest } from '../../ipc/index.ts';
import type { Check, ModelSettings, Plan, Subtask } from '../../tasks/index.ts';
import { digestOf } from './digest.ts';
import { resultFormat } from './kept-result.ts';

export interface DefinitionContext {
  plan: Plan;
  /** Fanfold's own: another version may do the same work differently. */
  version: string;
  /** What every agent of the run is told of the project. */
  instructions: string | undefined;
  /** What commands see of this process's environment. */
  visible: Readonly<Record<string, string>>;
}

/**
 * What a subtask is told to do, and how, as a digest; ids, titles, time limits, retries and repair rounds are no part of
 * it: work that was accepted passed its checks, however often it was sent back. Candidates are: more of them make better
 * work. Subtasks
 * that are told the same (several tries at one prompt) are told apart by their order. No more of a large plan is looked
 * at than what stands before the subtask.
 */
export function createDefinitions(context: DefinitionContext): (subtask: string) => string {
  const seen = new Map<string, number>();
  const known = new Map<string, string>();
  const rest = context.plan.subtasks.values();
  return (id) => {
    while (!known.has(id)) {
      const { value: subtask, done } = rest.next();
      if (done) throw new RangeError(`no subtask ${id}`);
      const digest = digestOf(definitionOf(subtask, context));
      const before = seen.get(digest) ?? 0;
      seen.set(digest, before + 1);
      known.set(subtask.id, before === 0 ? digest : digestOf([digest, before]));
    }
    return known.get(id) ?? '';
  };
}

function definitionOf(subtask: Subtask, { plan, version, instructions, visible }: DefinitionContext): unknown {
  const { executor, workspace, writes, output, permissions, environment, candidates } = subtask;
  const model = asked(subtask.model);
  const summariser = subtask.summariser === undefined ? undefined : asked(subtask.summariser);
  const checks = subtask.checks.filter(({ on }) => on.includes('workspace')).map(asChecked);
  return {
    format: resultFormat,
    version,
    executor,
    workspace,
    writes,
    output,
    checks,
    variables: inputVariablesDigest(subtask, visible),
    ...(executor.kind === 'prompt'
      ? { goal: plan.goal, instructions, permissions, model, summariser, candidates }
      : {}),
    ...whoWorks(subtask, plan),
    ...(seesEnvironment(subtask, checks.length > 0) ? { environment } : {}),
  };
}

/** The definition of its agent, and those that its helpers can have. */
function whoWorks({ agent, helpers }: Subtask, { agents = [] }: Plan) {
  return {
    ...(agent === undefined ? {} : { agent: agents.find(({ name }) => name === agent) }),
    ...(helpers === undefined ? {} : { helpers, agents }),
  };
}

/** What a model costs, and how the prompt cache is used, changes nothing of what it answers. */
function asked({ warmUp: _, facts: __, ...model }: ModelSettings): ModelSettings {
  return model;
}

function asChecked(check: Check): Check {
  return 'judge' in check ? { ...check, judge: { ...check.judge, model: asked(check.judge.model) } } : check;
}

/** Variables are for commands. One of them is the number of the item, which changes when another is put before it. */
function seesEnvironment({ executor, permissions }: Subtask, hasChecks: boolean): boolean {
  if (executor.kind === 'run' || hasChecks) return true;
  if (executor.kind === 'codemod') return false;
  return permissions.mode === 'bypassPermissions' || permissions.allow.some((rule) => rule.startsWith('Bash'));
}
