import { expect } from 'vitest';
import { expandTaskFile, FanfoldError, type Plan, parseTaskFile, planSchema } from '../../tasks/index.ts';
import { type MemoryWorld, memorySources } from './memory-sources.ts';

/** The plan of a task file `f.yml` whose first two lines are its version and its name `run-1`. */
export async function expandText(text: string, world: MemoryWorld = {}): Promise<Plan> {
  const { taskFile, source } = await parseTaskFile(`version: 1\nname: run-1\n${text}`, { path: 'f.yml' });
  const plan = await expandTaskFile(taskFile, memorySources(world).sources, { source });
  expect(planSchema.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
  return plan;
}

/** The message of the FanfoldError it ends in. */
export async function expansionProblem(text: string, world: MemoryWorld = {}): Promise<string> {
  const error = await expandText(text, world).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(FanfoldError);
  return error instanceof FanfoldError ? error.message : '';
}

export const repository: MemoryWorld = {
  paths: ['src/a/x.js', 'src/b/y.js', 'src/main.js', 'docs/a b.md', 'app/[id].ts'],
};

/** The command of each subtask, or the kind of its executor. */
export function commandsOf(plan: Plan): string[] {
  return plan.subtasks.map(({ executor }) => (executor.kind === 'run' ? executor.command : executor.kind));
}
