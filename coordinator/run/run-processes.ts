import { readdir, readFile, stat } from 'node:fs/promises';

/**
 * Set in the environment of every command of a run: the ids of the runs it belongs to, with a space between them, since
 * a command may itself be a run.
 */
export const runVariable = 'FANFOLD_RUN';

/** The value of the variable for commands of this run, started by a process with this environment. */
export function runChain(run: string, environment: NodeJS.ProcessEnv): string {
  const outer = environment[runVariable];
  return outer === undefined || outer === '' ? run : `${outer} ${run}`;
}

/**
 * End every process of this user that carries the run's id in its environment, by SIGKILL: commands whose worker died,
 * and those that left their process group. Returns how many. Linux only; elsewhere process groups are all there is.
 */
export async function endRunProcesses(run: string): Promise<number> {
  if (process.platform !== 'linux') return 0;
  let ended = 0;
  // What is ended may just have started another: look again until nothing is found.
  for (let pass = 0; pass < 10; pass += 1) {
    const found = await processesOf(run);
    for (const pid of found) kill(pid);
    if (found.length === 0) break;
    ended += found.length;
  }
  return ended;
}

async function processesOf(run: string): Promise<number[]> {
  const own = process.getuid?.();
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      const variables = (await readFile(`/proc/${pid}/environ`, 'latin1')).split('\0');
      const chain = variables.find((variable) => variable.startsWith(`${runVariable}=`))?.slice(runVariable.length + 1);
      if (chain?.split(' ').includes(run) === true && (await stat(`/proc/${pid}`)).uid === own) found.push(pid);
    } catch {
      // Ended meanwhile, or of another user.
    }
  }
  return found;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Ended meanwhile.
  }
}
