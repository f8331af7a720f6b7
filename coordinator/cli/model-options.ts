import type { Argv } from 'yargs';
import { efforts } from '../../tasks/index.ts';

/** Options that say which models a plan is made with, and by. */
export function modelOptions<Options>(y: Argv<Options>) {
  return y
    .option('model', {
      type: 'string',
      requiresArg: true,
      describe: 'model for agents, and for planning by default; replay:FILE answers from a recording',
    })
    .option('effort', { choices: efforts, describe: 'how much work agents put into an answer' })
    .option('planner-model', {
      type: 'string',
      requiresArg: true,
      describe: 'model for planning a goal; else that of the agents',
    })
    .option('base-url', { type: 'string', requiresArg: true, describe: 'server that speaks the Messages API' });
}

/** What modelOptions adds, as the handlers see it. */
export interface ModelArguments {
  model: string | undefined;
  effort: (typeof efforts)[number] | undefined;
  plannerModel: string | undefined;
  baseUrl: string | undefined;
}
