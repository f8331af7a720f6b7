import { readdir, readFile } from 'node:fs/promises';

/** Set in the environment of every command of a run. */
export const runVariable = 'FANFOLD_RUN';

/**
 * End every process that carries the run's id in its environment, by SIGKILL: commands whose worker died, and those
 * that left their process group. Returns how many. Linux only; elsewhere process groups are all there is.
 */
export async function endRunProcesses(run: string): Promise<number> {
  const own = process.getuid?.();
  if (process.platform !== 'linux' || own === undefined) return 0;
  let ended = 0;
  for (const name of await readdir('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      const variables = (await readFile(`/proc/${pid}/environ`, 'latin1')).split('\0');
      if (!variables.includes(`${runVariable}=${run}`)) continue;
      process.kill(pid, 'SIGKILL');
      ended += 1;
    } catch {
      // Ended meanwhile, or of another user.
    }
  }
  return ended;
}
