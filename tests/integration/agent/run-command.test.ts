import { spawnSync } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { type CommandOptions, type CommandResult, runCommand } from '../../../worker/processes/run-command.ts';
import { temporaryFolder } from './temporary-folder.ts';

async function run(command: CommandOptions['command'], options: Partial<CommandOptions> = {}): Promise<CommandResult> {
  const folder = await temporaryFolder();
  const environment = { PATH: process.env['PATH'] ?? '' };
  return runCommand({ command, folder, environment, signal: new AbortController().signal, ...options });
}

/** A killed process that nobody has waited for yet (state Z) is dead. */
function isAlive(pid: string): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', pid], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.trim().startsWith('Z');
}

it('gives exit code, both streams in order, and standard output alone', async () => {
  const result = await run('echo out; echo err >&2; sleep 0.05; echo out2; exit 4', { stdoutLimitBytes: 100 });
  expect(result).toMatchObject({ exitCode: 4, ended: 'by-itself', stdout: 'out\nout2\n' });
  expect(result.output.split('\n').sort()).toEqual(['', 'err', 'out', 'out2']);
});

it('gives no half of a standard output that is too long', async () => {
  expect((await run('seq 1 1000', { stdoutLimitBytes: 100 })).stdout).toBeUndefined();
});

it('ends the whole group on abort, also what ignores SIGTERM', async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 150);
  const startedAt = performance.now();
  const result = await run(`(trap '' TERM; echo $$; while true; do sleep 0.05; done) & echo $!; wait`, {
    signal: controller.signal,
  });
  expect(result.ended).toBe('aborted');
  expect(performance.now() - startedAt).toBeLessThan(4_000);
  await sleep(50);
  for (const pid of result.output.trim().split('\n')) expect(isAlive(pid)).toBe(false);
});

it('gives the group time to end in order', async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 150);
  const result = await run(`sh -c 'trap "sleep 0.3; echo cleaned; exit" TERM; while true; do sleep 0.05; done'`, {
    signal: controller.signal,
  });
  expect(result.output).toContain('cleaned');
});

it('kills what a command left in the background, and does not wait for its pipes', async () => {
  const startedAt = performance.now();
  const result = await run('sleep 60 & echo $!');
  expect(result).toMatchObject({ exitCode: 0, ended: 'by-itself' });
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  expect(isAlive(result.output.trim())).toBe(false);
});

it('does not wait for a process that left the group', async () => {
  const startedAt = performance.now();
  const result = await run('setsid sleep 3 & echo started');
  expect(result.exitCode).toBe(0);
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});

it('says when it can’t be started, and does not start when aborted before', async () => {
  expect(await run(['/nonexistent/program'])).toMatchObject({ ended: 'not-started', startError: expect.any(String) });
  expect(await run('echo \0')).toMatchObject({ ended: 'not-started' });
  expect(await run('touch x', { signal: AbortSignal.abort() })).toMatchObject({ ended: 'aborted', exitCode: null });
});

it('reports a signal from elsewhere', async () => {
  expect(await run('kill -9 $$')).toMatchObject({ ended: 'signal', exitCode: null });
});

it('bounds the log but keeps its end', async () => {
  const folder = await temporaryFolder();
  const logFile = join(folder, 'output.log');
  await run('seq 1 100000; echo last', { logFile, logLimitBytes: 200_000 });
  expect((await stat(logFile)).size).toBeLessThan(210_000);
  const log = await readFile(logFile, 'utf8');
  expect(log).toMatch(/^1\n2\n/);
  expect(log).toMatch(/bytes left out/);
  expect(log).toMatch(/100000\nlast\n$/);
});
