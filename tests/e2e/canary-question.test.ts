import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReadStream, WriteStream } from 'node:tty';
import { expect, onTestFinished, test } from 'vitest';
import { runCommandLine } from '../../coordinator/cli/command-line.ts';
import { leftovers } from '../support/leftovers.ts';
import { until } from '../support/run-fanfold.ts';
import { type TestRepository, temporaryRepository } from '../support/temporary-repository.ts';

const taskFile = `version: 1
name: tidy
subtasks:
  - id: tidy-\${{ item.value }}
    forEach: { lines: items.txt }
    run: echo "$FANFOLD_ITEM_VALUE" > "out-$FANFOLD_ITEM_VALUE"
`;

/** Longer than what was typed ahead is ignored for. */
const patienceMs = 400;

/** `fanfold` in this process, at a terminal whose keys a test presses. */
function atTerminal({ folder }: TestRepository, ...args: string[]) {
  const modes: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (raw: boolean) => modes.push(raw) });
  const [stdout, stderr] = [0, 1].map(() => Object.assign(new PassThrough(), { isTTY: true, columns: 90, rows: 30 }));
  if (stdout === undefined || stderr === undefined) throw new TypeError('two streams were made');
  let screen = '';
  for (const stream of [stdout, stderr]) stream.on('data', (data) => (screen += data));
  const exitCode = runCommandLine(args, {
    workerEntry: new URL('../../dist/worker.js', import.meta.url),
    threadPool: undefined,
    version: '0.0.0',
    folder,
    environment: { ...process.env, TERM: 'xterm', CI: '' },
    stdin: stdin as unknown as ReadStream,
    stdout: stdout as unknown as WriteStream,
    stderr: stderr as unknown as WriteStream,
  });
  onTestFinished(() => {
    expect(stdin.listenerCount('data')).toBe(0);
    expect(modes.at(-1)).not.toBe(true);
  });
  return { stdin, exitCode, screen: () => screen };
}

const question = 'Go on with the other 4? [y/N]';

test('a person at the terminal sees the forecast, is asked, and says yes', async () => {
  const repository = temporaryRepository({ 'fanfold.yml': taskFile, 'items.txt': '1\n2\n3\n4\n5\n6\n' });
  const { stdin, exitCode, screen } = atTerminal(repository, 'run', 'fanfold.yml', '--canary', '2');
  await until(() => screen().includes(question), 'it is asked');
  expect(screen()).toContain('canary of 2 first: tidy-1, tidy-6');
  expect(screen()).toContain('forecast for the other 4 subtasks, from 2 of the canary');
  expect(screen()).toContain('canary: waits for an answer');
  expect(repository.git('ls-tree', '--name-only', 'fanfold/tidy')).not.toContain('out-2');
  await sleep(patienceMs);
  stdin.write('y');
  expect(await exitCode).toBe(0);
  expect(screen()).toContain('the canary is over: going on with the other 4 subtasks');
  expect(repository.read('fanfold/tidy', 'out-2')).toBe('2\n');
  expect(leftovers(repository)).toEqual([]);
});

test('a person who says no is told how to go on later, and is not asked again then', async () => {
  const repository = temporaryRepository({ 'fanfold.yml': taskFile, 'items.txt': '1\n2\n3\n4\n5\n6\n' });
  const { stdin, exitCode, screen } = atTerminal(repository, 'run', 'fanfold.yml', '--canary', '2');
  await until(() => screen().includes(question), 'it is asked');
  await sleep(patienceMs);
  stdin.write('\r');
  expect(await exitCode).toBe(1);
  expect(screen()).toMatch(/next: `fanfold resume tidy-[\w-]+` does the other 4 subtasks/);
  const resumed = atTerminal(repository, 'resume');
  expect(await resumed.exitCode).toBe(0);
  expect(resumed.screen()).not.toContain(question);
  expect(repository.read('fanfold/tidy', 'out-5')).toBe('5\n');
});
