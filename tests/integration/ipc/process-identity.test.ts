import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { isProcessElsewhere, isProcessGone, processIdentity } from '../../../ipc/index.ts';
import { endOf, identityOf, startSleeper } from '../../support/other-processes.ts';
import { until } from '../../support/run-fanfold.ts';

const linux = process.platform === 'linux';
const own = processIdentity();

test('this process lives, and is here', () => {
  expect(own).toMatch(/^\d+(\.\d+){3}$/);
  expect(isProcessGone(own)).toBe(false);
  expect(isProcessElsewhere(own)).toBe(false);
  // As earlier versions wrote it, and as a doorbell's registration goes on.
  const short = own.split('.').slice(0, 3).join('.');
  expect([short, `${short}.0123456789abcdef`, `${own}.0123456789abcdef`].map(isProcessGone)).toEqual([
    false,
    false,
    false,
  ]);
});

test.runIf(linux)('another process with the same id is not the one that was meant', () => {
  expect(isProcessGone(own.replace(/\.\d+\./, '.1.'))).toBe(true);
});

test.runIf(linux)('what ran before the machine was started is gone, and might be on another machine', () => {
  const before = own.replace(/\d+$/, '1');
  expect(isProcessGone(before)).toBe(true);
  expect(isProcessElsewhere(before)).toBe(true);
});

test.runIf(linux)('of another container nothing can be said', () => {
  const elsewhere = own.replace(/^(\d+\.\d+)\.\d+/, '$1.1');
  expect(isProcessGone(elsewhere)).toBe(false);
  expect(isProcessElsewhere(elsewhere)).toBe(true);
});

test.runIf(linux)('a suspended process lives, a killed one does not', async () => {
  const child = startSleeper();
  const identity = identityOf(child.pid);
  child.kill('SIGSTOP');
  expect(isProcessGone(identity)).toBe(false);
  child.kill('SIGKILL');
  await endOf(child);
  expect(isProcessGone(identity)).toBe(true);
});

test.runIf(linux)('one that was killed and that nobody has waited for is gone', async () => {
  // The shell becomes a process that never asks how its child ended.
  const parent = spawn('/bin/sh', ['-c', 'sleep 300 & echo $!; exec sleep 300'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => void parent.kill('SIGKILL'));
  const { value } = await createInterface({ input: parent.stdout })[Symbol.asyncIterator]().next();
  const pid = Number(value);
  await until(() => readFileSync(`/proc/${parent.pid}/comm`, 'utf8') === 'sleep\n', 'the shell is replaced');
  const identity = identityOf(pid);
  expect(isProcessGone(identity)).toBe(false);
  process.kill(pid, 'SIGKILL');
  await until(() => / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')), 'it is a zombie');
  expect(isProcessGone(identity)).toBe(true);
});
