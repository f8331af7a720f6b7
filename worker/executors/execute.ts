import type { WorkerServices } from '../serving/services.ts';
import type { Workspace } from '../workspace/workspace.ts';
import type { ExecutionContext, ExecutionResult } from './executor.ts';

/** Hand the attempt to the executor its subtask names. Executors are loaded when first used. */
export async function execute(
  context: Omit<ExecutionContext, 'root'>,
  workspace: Workspace,
  services: Pick<WorkerServices, 'models' | 'prompts' | 'codemodRules' | 'agents' | 'spending'>,
): Promise<ExecutionResult> {
  const { executor } = context.assignment.subtask;
  if (executor.kind === 'codemod') {
    const { executeCodemod } = await import('./codemod.ts');
    return executeCodemod(context, executor, workspace.files, services.codemodRules);
  }
  const root = workspace.root ?? context.assignment.repository;
  if (executor.kind === 'run') {
    const { executeRun } = await import('./run.ts');
    return executeRun({ ...context, root });
  }
  const { executePrompt } = await import('./prompt.ts');
  return executePrompt({ ...context, root }, services);
}
