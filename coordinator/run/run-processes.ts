import { readdir, readFile, stat } from 'node:fs/promises';
import { isProcessGone, processIdentity, runnersOf, runnerVariable, runVariable } from '../../ipc/index.ts';
import { oneLine } from '../../tasks/index.ts';

/** A process that a run left behind. */
export interface RunProcess {
  pid: number;
  /** The one of the runs asked for that it belongs to. */
  run: string;
  /** Its command line, one line without control characters. */
  command: string;
}

const commandLength = 200;

/**
 * End every process of this user that carries the run's id in its environment, by SIGKILL: commands whose worker died,
 * and those that left their process group. Commands of workers that live go on, those of this process aside. Returns how
 * many. Linux only; elsewhere process groups are all there is.
 */
export async function endRunProcesses(run: string): Promise<number> {
  let ended = 0;
  // What is ended may just have started another: look again until nothing is found.
  for (let pass = 0; pass < 10; pass += 1) {
    const found = await findRunProcesses(new Set([run]));
    for (const { pid } of found) kill(pid);
    if (found.length === 0) break;
    ended += found.length;
  }
  return ended;
}

/** What endRunProcesses would end, for several runs at once. */
export async function findRunProcesses(runs: ReadonlySet<string>): Promise<RunProcess[]> {
  if (process.platform !== 'linux' || runs.size === 0) return [];
  const user = process.getuid?.();
  const self = processIdentity();
  const gone = new Map<string, boolean>();
  const isForsaken = (runner: string | undefined): boolean => {
    if (runner === undefined || runner === self) return true;
    const known = gone.get(runner) ?? isProcessGone(runner);
    gone.set(runner, known);
    return known;
  };
  const found: RunProcess[] = [];
  for (const name of await readdir('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      const runners = runnersOf(marksIn(await readFile(`/proc/${pid}/environ`, 'latin1')));
      const run = [...runners].find(([id, runner]) => runs.has(id) && isForsaken(runner))?.[0];
      if (run === undefined || (await stat(`/proc/${pid}`)).uid !== user) continue;
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8');
      found.push({ pid, run, command: oneLine(command.replaceAll('\0', ' '), commandLength) });
    } catch {
      // Ended meanwhile, or of another user.
    }
  }
  return found;
}

function marksIn(environment: string): Record<string, string> {
  const marks: Record<string, string> = {};
  for (const variable of environment.split('\0')) {
    for (const name of [runVariable, runnerVariable]) {
      if (variable.startsWith(`${name}=`)) marks[name] = variable.slice(name.length + 1);
    }
  }
  return marks;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Ended meanwhile.
  }
}
