import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { processIdentity } from '../../ipc/index.ts';

/** A process that does nothing until the test has ended. */
export function startSleeper(environment: Record<string, string> = {}): ChildProcess & { pid: number } {
  const child = spawn('sleep', ['300'], { env: { PATH: process.env['PATH'] ?? '', ...environment }, stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  if (child.pid === undefined) throw new Error('sleep could not be started');
  return child as ChildProcess & { pid: number };
}

/** The identity of a process that lives (Linux). */
export function identityOf(pid: number): string {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const start = text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  return processIdentity().replace(/^\d+\.\d+\./, `${pid}.${start}.`);
}

/** No process has this start time. */
export function deadIdentity(): string {
  return processIdentity().replace(/\.\d+\./, '.1.');
}

export function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.signalCode !== null || child.exitCode !== null) resolve();
    else child.once('exit', () => resolve());
  });
}
