import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import type { CommandContext } from '../../../../coordinator/cli/command-context.ts';
import { runCommandLine } from '../../../../coordinator/cli/command-line.ts';
import { mostThreads } from '../../../../coordinator/workers/most-threads.ts';

async function errorOf(line: string): Promise<string> {
  let told = '';
  const stderr = new Writable({
    write(chunk, _, done) {
      told += String(chunk);
      done();
    },
  });
  const context = {
    workerEntry: new URL('file:///nowhere'),
    threadPool: undefined,
    version: '0',
    folder: '/nowhere',
    environment: {},
    stdin: process.stdin,
    stdout: stderr,
    stderr,
  } as unknown as CommandContext;
  expect(await runCommandLine(line === '' ? [] : line.split(' '), context), line).toBe(2);
  return told;
}

test.each([
  ['run x.yml --concurency 2', 'fanfold run has no option --concurency.', 'Did you mean --concurrency?'],
  ['run x.yml --dry-runn', 'fanfold run has no option --dry-runn.', 'Did you mean --dry-run?'],
  ['run x.yml -q', 'fanfold run has no option -q.', 'See `fanfold run --help`.'],
  ['frobnicate', 'There is no command `fanfold frobnicate`.', '`fanfold --help` lists the commands.'],
  ['rum', 'There is no command `fanfold rum`.', 'Did you mean `fanfold run`?'],
  ['mailbox shw', 'There is no command `fanfold mailbox shw`.', 'Did you mean `fanfold mailbox show`?'],
  ['logs a b c', 'fanfold logs can\'t do anything with "c".', 'See `fanfold logs --help`.'],
  ['logs', 'fanfold logs needs <run>, a run, or its beginning.', 'Write `fanfold logs <run> [subtask]`.'],
  ['run', 'fanfold run needs <target>, a task file', 'Write `fanfold run <target..>`.'],
  ['plan', 'fanfold plan needs <target>, a task file', 'Write `fanfold plan <target..>`.'],
  ['run x --threads', '--threads needs a value.', 'See `fanfold run --help`.'],
  ['run x --concurrency abc', '--concurrency takes a number, not "abc".', 'for instance --concurrency 10.'],
  ['run x --canary=few', '--canary takes a number, not "few".', 'for instance --canary 10.'],
  ['run x --subtask-tokens 1k', '--subtask-tokens takes a number, not "1k".', 'for instance'],
  ['resume --usd x', '--usd takes a number, not "x".', 'for instance --usd 10.'],
  ['run x --threads 1000', `--threads takes a whole number from 1 to ${mostThreads()} on this machine, not 1000.`, ''],
  ['run x --concurrency 1001', '--concurrency takes a whole number from 1 to 1000, not 1001.', ''],
])('%s', async (line, message, next) => {
  const told = await errorOf(line);
  expect(told).toContain(message);
  expect(told.slice(told.indexOf('next: '))).toContain(next);
});

test('a machine with more processors may be asked for more threads', () => {
  expect([mostThreads(2), mostThreads(64)]).toEqual([16, 256]);
});
