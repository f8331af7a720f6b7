import { FanfoldError, type TaskFile } from '../../tasks/index.ts';

/**
 * A plan that a model made may say what is to be done, not what is permitted or where the model's words go: it was made
 * from a repository that nobody has vouched for. And nothing of it may run before somebody has agreed to it, so items
 * from a command are refused too. Throws FanfoldError `plan-invalid`.
 */
export function refusePolicy(taskFile: TaskFile): void {
  const refused: string[] = [];
  const check = (where: string, settings: object | undefined): void => {
    for (const name of ['permissions', 'model', 'models', 'roles', 'agent']) {
      if (settings !== undefined && name in settings) refused.push(`${where}${name}`);
    }
  };
  const checkJudges = (where: string, checks: TaskFile['checks'] = []): void => {
    for (const [index, { judge, module }] of checks.entries()) {
      check(`${where}checks[${index}].judge.`, judge);
      if (module !== undefined) refused.push(`${where}checks[${index}].module`);
    }
  };
  check('', taskFile);
  checkJudges('', taskFile.checks);
  check('defaults.', taskFile.defaults);
  for (const [index, subtask] of taskFile.subtasks.entries()) {
    check(`subtasks[${index}].`, subtask);
    checkJudges(`subtasks[${index}].`, subtask.checks);
    if (subtask.forEach !== undefined && 'command' in subtask.forEach)
      refused.push(`subtasks[${index}].forEach.command`);
  }
  if (refused.length === 0) return;
  throw new FanfoldError({
    code: 'plan-invalid',
    message: `A planned task file must not set ${refused.join(', ')}.`,
    next: 'Leave these away: permissions and models are set by the person who runs the plan; take items from glob, files, lines, csv, jsonl or json.',
  });
}
