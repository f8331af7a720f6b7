import type { Argv } from 'yargs';
import { FanfoldError, permissionModes } from '../../tasks/index.ts';

export function repositoryOption<Options>(y: Argv<Options>) {
  return y.option('repo', {
    type: 'string',
    requiresArg: true,
    describe: 'the repository (or folder) to work on; else the one around this folder',
  });
}

export function jsonOption<Options>(y: Argv<Options>) {
  return y.option('json', { type: 'boolean', default: false, describe: 'print JSON and nothing else' });
}

export function positionalGoal<Options>(y: Argv<Options>) {
  return y.positional('target', {
    type: 'string',
    array: true,
    demandOption: true,
    describe: 'a task file (.yml .yaml .json .js .mjs), or a goal in words',
  });
}

/** Options that change what is planned. */
export function planOptions<Options>(y: Argv<Options>) {
  return jsonOption(repositoryOption(y))
    .option('base', { type: 'string', requiresArg: true, describe: 'commit to start from' })
    .option('into', { type: 'string', requiresArg: true, describe: 'branch that receives the verified work' })
    .option('trust', { type: 'boolean', default: false, describe: 'let a task file that is a module run its code' })
    .option('model', { type: 'string', requiresArg: true, describe: 'model for agents and for planning' })
    .option('base-url', { type: 'string', requiresArg: true, describe: 'server that speaks the Messages API' })
    .option('permission-mode', { choices: permissionModes, describe: 'what agents may do without a rule' })
    .option('allow', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'permission rule, for instance "Bash(npm test *)"',
    })
    .option('ask', { type: 'string', array: true, requiresArg: true, describe: 'permission rule to ask for' })
    .option('deny', { type: 'string', array: true, requiresArg: true, describe: 'permission rule to refuse' });
}

/** Options that change how a plan is run. */
export function runOptions<Options>(y: Argv<Options>) {
  return y
    .option('concurrency', { type: 'number', requiresArg: true, describe: 'subtasks at once' })
    .option('threads', { type: 'number', requiresArg: true, describe: 'worker threads' })
    .option('dry-run', { type: 'boolean', default: false, describe: 'show the plan and start nothing' })
    .option('yes', { alias: 'y', type: 'boolean', default: false, describe: 'run a planned goal without asking' })
    .check(({ concurrency, threads }) => {
      for (const [name, value] of Object.entries({ concurrency, threads })) {
        if (value !== undefined && !(Number.isInteger(value) && value >= 1 && value <= 1000)) {
          throw new FanfoldError({
            code: 'usage',
            message: `--${name} takes a whole number from 1 to 1000, not ${value}.`,
            next: 'Leave it away for the default.',
          });
        }
      }
      return true;
    });
}

/** What planOptions adds, as the handlers see it. */
export interface PlanArguments {
  target: string[];
  json: boolean;
  repo: string | undefined;
  base: string | undefined;
  into: string | undefined;
  trust: boolean;
  model: string | undefined;
  baseUrl: string | undefined;
  permissionMode: (typeof permissionModes)[number] | undefined;
  allow: string[] | undefined;
  ask: string[] | undefined;
  deny: string[] | undefined;
}

/** What runOptions adds. */
export interface RunArguments extends PlanArguments {
  concurrency: number | undefined;
  threads: number | undefined;
  dryRun: boolean;
  yes: boolean;
}

/** Every option of `fanfold run`, by the name it is declared with. */
export const runOptionNames = [
  'json',
  'repo',
  'base',
  'into',
  'trust',
  'model',
  'base-url',
  'permission-mode',
  'allow',
  'ask',
  'deny',
  'concurrency',
  'threads',
  'dry-run',
  'yes',
  'help',
  'version',
] as const;
