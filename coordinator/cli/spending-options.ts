import type { Argv } from 'yargs';
import { FanfoldError } from '../../tasks/index.ts';

/** Limits of the whole run, in place of those in the task file or of the run that is resumed. */
export function budgetOptions<Options>(y: Argv<Options>) {
  return y
    .option('usd', { type: 'number', requiresArg: true, describe: 'budget in USD, from the start of the run' })
    .option('tokens', { type: 'number', requiresArg: true, describe: 'budget in tokens, from the start of the run' })
    .option('minutes', { type: 'number', requiresArg: true, describe: 'budget in minutes, from now' })
    .check((given) => refuseNothing(given, ['usd', 'tokens', 'minutes']));
}

/** Limits of every agent's subtask, in place of those in the task file. */
export function subtaskBudgetOptions<Options>(y: Argv<Options>) {
  return y
    .option('subtask-usd', { type: 'number', requiresArg: true, describe: 'budget of each agent in USD' })
    .option('subtask-tokens', { type: 'number', requiresArg: true, describe: 'budget of each agent in tokens' })
    .option('subtask-minutes', { type: 'number', requiresArg: true, describe: 'budget of each agent in minutes' })
    .check((given) => refuseNothing(given, ['subtask-usd', 'subtask-tokens', 'subtask-minutes']));
}

/** FanfoldError `usage` for limits that are not above 0, and tokens that are not whole. */
export function refuseNothing(given: Readonly<Record<string, unknown>>, names: readonly string[]): true {
  for (const name of names) {
    const value = given[name];
    if (value === undefined) continue;
    const isWhole = !name.endsWith('tokens') || Number.isSafeInteger(value);
    if (typeof value === 'number' && value > 0 && Number.isFinite(value) && isWhole) continue;
    throw new FanfoldError({
      code: 'usage',
      message: `--${name} takes a ${name.endsWith('tokens') ? 'whole ' : ''}number above 0, not ${String(value)}.`,
      next: 'Leave it away for the limit in the task file.',
    });
  }
  return true;
}
