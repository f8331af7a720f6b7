import type { Argv } from 'yargs';
import { FanfoldError, permissionModes } from '../../tasks/index.ts';
import { checkCanary } from '../canary/canary-settings.ts';
import { mostThreads } from '../workers/most-threads.ts';
import { type ModelArguments, modelOptions } from './model-options.ts';
import type { SpendingLimits, SubtaskSpendingLimits } from './raise-budget.ts';
import { budgetOptions, subtaskBudgetOptions } from './spending-options.ts';

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

const recordOption = {
  type: 'string',
  requiresArg: true,
  describe: 'write what models are asked and answer to a file, for --model replay:FILE',
} as const;

/** Options that change what is planned. */
export function planOptions<Options>(y: Argv<Options>) {
  return budgetOptions(modelOptions(jsonOption(repositoryOption(y))))
    .option('base', { type: 'string', requiresArg: true, describe: 'commit to start from' })
    .option('into', { type: 'string', requiresArg: true, describe: 'branch that receives the verified work' })
    .option('trust', { type: 'boolean', default: false, describe: 'let modules (a task file, checks) run their code' })
    .option('record', recordOption)
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
  return subtaskBudgetOptions(attendedOptions(parallelOptions(y)))
    .option('lease', {
      type: 'number',
      requiresArg: true,
      describe: 'seconds after which a worker that shows no life loses its subtask',
    })
    .check(({ lease }) => {
      if (lease !== undefined && !(lease >= 3 && lease <= 3600)) {
        throw new FanfoldError({
          code: 'usage',
          message: `--lease takes seconds from 3 to 3600, not ${lease}.`,
          next: 'Leave it away for the default, 30.',
        });
      }
      return true;
    })
    .option('force', { type: 'boolean', default: false, describe: 'reuse nothing of earlier runs' })
    .option('dry-run', { type: 'boolean', default: false, describe: 'show the plan and start nothing' })
    .option('canary', {
      type: 'number',
      requiresArg: true,
      describe: 'run so many subtasks first, forecast the others from them, and ask before going on',
    })
    .option('canary-minimum', {
      type: 'number',
      requiresArg: true,
      describe: 'the part of the canary that must pass, for instance 0.8; else the run does not go on, even with --yes',
    })
    .check(({ canary, 'canary-minimum': minimum }) => {
      checkCanary({ subtasks: canary, minimum });
      return true;
    })
    .option('yes', { ...yesOption, describe: 'run a planned goal, and go on after a canary, without asking' });
}

const yesOption = { alias: 'y', type: 'boolean', default: false } as const;

const trustRunOption = {
  type: 'boolean',
  default: false,
  describe: 'a named run is yours, although nothing shows it',
} as const;

/** Options of `fanfold resume`. */
export function resumeOptions<Options>(y: Argv<Options>) {
  return budgetOptions(subtaskBudgetOptions(attendedOptions(parallelOptions(jsonOption(repositoryOption(y))))))
    .option('failed', { type: 'boolean', default: false, describe: 'also try again what failed or conflicted' })
    .option('trust', trustRunOption)
    .option('yes', { ...yesOption, describe: 'go on after a canary without asking' })
    .option('record', recordOption)
    .option('base-url', { type: 'string', requiresArg: true, describe: 'server that speaks the Messages API' });
}

export function statusOptions<Options>(y: Argv<Options>) {
  return jsonOption(repositoryOption(y))
    .positional('run', { type: 'string', array: true, describe: 'a run, or its beginning' })
    .option('scores', { type: 'boolean', default: false, describe: 'what checks said, in these runs or in all' });
}

/** A run that is at work, for commands that give it orders. */
export function runAtWork<Options>(y: Argv<Options>) {
  return repositoryOption(y).positional('run', {
    type: 'string',
    describe: 'a run, or its beginning; else the newest at work',
  });
}

/** Options of `fanfold worker`. */
export function workerOptions<Options>(y: Argv<Options>) {
  return parallelOptions(jsonOption(y))
    .option('mailbox', { type: 'string', requiresArg: true, describe: 'the folder of its mailbox, instead of a run' })
    .conflicts('mailbox', ['run', 'repo'])
    .option('trust', trustRunOption)
    .option('base-url', { type: 'string', requiresArg: true, describe: 'server that speaks the Messages API' });
}

/** What attendanceOf reads. */
function attendedOptions<Options>(y: Argv<Options>) {
  return y
    .option('attended', {
      type: 'boolean',
      describe: 'somebody answers what agents ask leave for, here or in another shell; the default at a terminal',
    })
    .option('ask-timeout', { type: 'string', requiresArg: true, describe: 'how long to wait for leave; 10m' });
}

function parallelOptions<Options>(y: Argv<Options>) {
  return y
    .option('concurrency', { type: 'number', requiresArg: true, describe: 'subtasks at once' })
    .option('threads', { type: 'number', requiresArg: true, describe: 'worker threads' })
    .check(({ concurrency, threads }) => {
      for (const [name, value, most, why] of [
        ['concurrency', concurrency, 1000, ''],
        ['threads', threads, mostThreads(), ' on this machine'],
      ] as const) {
        if (value !== undefined && !(Number.isInteger(value) && value >= 1 && value <= most)) {
          throw new FanfoldError({
            code: 'usage',
            message: `--${name} takes a whole number from 1 to ${most}${why}, not ${value}.`,
            next: 'Leave it away for the default.',
          });
        }
      }
      return true;
    });
}

export function cleanOptions<Options>(y: Argv<Options>) {
  return jsonOption(repositoryOption(y))
    .positional('run', { type: 'string', array: true, describe: 'runs, or their beginnings; else every one' })
    .option('dry-run', { type: 'boolean', default: false, describe: 'show what would go and remove nothing' })
    .option('all', {
      type: 'boolean',
      default: false,
      describe: 'also the folders of runs that have ended, and results',
    })
    .option('older-than', {
      type: 'string',
      requiresArg: true,
      describe: 'the same for those that have been over for so long, for instance 7d',
    })
    .option('force', { type: 'boolean', default: false, describe: 'also work that is nowhere else' });
}

/** What planOptions adds, as the handlers see it. */
export interface PlanArguments extends ModelArguments, Pick<SpendingLimits, 'usd' | 'tokens' | 'minutes'> {
  target: string[];
  json: boolean;
  repo: string | undefined;
  base: string | undefined;
  into: string | undefined;
  trust: boolean;
  /** A file, as it was given. */
  record: string | undefined;
  permissionMode: (typeof permissionModes)[number] | undefined;
  allow: string[] | undefined;
  ask: string[] | undefined;
  deny: string[] | undefined;
}

/** What runOptions adds. */
export interface RunArguments extends PlanArguments, SubtaskSpendingLimits {
  concurrency: number | undefined;
  threads: number | undefined;
  attended: boolean | undefined;
  askTimeout: string | undefined;
  /** Seconds. */
  lease: number | undefined;
  force: boolean;
  canary: number | undefined;
  canaryMinimum: number | undefined;
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
  'effort',
  'planner-model',
  'record',
  'base-url',
  'permission-mode',
  'allow',
  'ask',
  'deny',
  'concurrency',
  'threads',
  'attended',
  'ask-timeout',
  'lease',
  'force',
  'canary',
  'canary-minimum',
  'usd',
  'tokens',
  'minutes',
  'subtask-usd',
  'subtask-tokens',
  'subtask-minutes',
  'dry-run',
  'yes',
  'help',
  'version',
] as const;
