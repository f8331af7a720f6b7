/**
 * What tells of a process which run it belongs to and who started it: two variables in the environment of every command,
 * set by the coordinator and by the worker that runs it, read by whoever clears away what a dead run left.
 */
import { processIdentity } from '../doorbell/process-identity.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The ids of the runs a command belongs to, with a space between them, since a command may itself be a run. */
export const runVariable = 'FANFOLD_RUN';
/** `<run>=<process identity>` for each of them: the process that runs the command as a part of that run. */
export const runnerVariable = 'FANFOLD_RUNNER';

/** The value of the variable for commands of this run, started by a process with this environment. */
export function runChain(run: string, environment: Environment): string {
  const outer = environment[runVariable];
  return outer === undefined || outer === '' ? run : `${outer} ${run}`;
}

/** What this process, itself in the environment `own`, adds to that of a command. */
export function runnerMark(command: Environment, own: Environment): Record<string, string> {
  const run = command[runVariable]?.split(' ').at(-1);
  if (run === undefined || run === '') return {};
  const outer = own[runnerVariable];
  const mark = `${run}=${processIdentity()}`;
  return { [runnerVariable]: outer === undefined || outer === '' ? mark : `${outer} ${mark}` };
}

/** The runs of a process by its environment, each with the identity of its runner; earlier versions name none. */
export function runnersOf(environment: Environment): Map<string, string | undefined> {
  const runners = new Map<string, string | undefined>();
  for (const run of environment[runVariable]?.split(' ') ?? []) if (run !== '') runners.set(run, undefined);
  for (const mark of environment[runnerVariable]?.split(' ') ?? []) {
    const [, run, runner] = /^([^=]+)=([0-9.]+)$/.exec(mark) ?? [];
    if (run !== undefined) runners.set(run, runner);
  }
  return runners;
}
