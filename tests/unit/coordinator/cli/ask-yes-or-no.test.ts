import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReadStream, WriteStream } from 'node:tty';
import { expect, it } from 'vitest';
import { goOnOf } from '../../../../coordinator/cli/canary-prompt.ts';
import type { View } from '../../../../coordinator/reporting/view.ts';
import type { Forecast } from '../../../../tasks/index.ts';

/** Longer than what was typed ahead is ignored for. */
const patienceMs = 400;
const view: View = {
  show: () => undefined,
  recall: () => undefined,
  say: () => undefined,
  ask: () => true,
  close: async () => undefined,
};

it.each([
  ['y', true],
  ['y\r', true],
  ['y\n', true],
  ['Y\r\n', true],
  ['yes\n', true],
  ['n\r', false],
  ['foo\n', false],
  ['ny\n', false],
  ['\r', false],
])('after a canary %j in one piece is %s', async (typed, goesOn) => {
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
  const stderr = Object.assign(new PassThrough(), { isTTY: true });
  const terminal = { stdin: stdin as unknown as ReadStream, stderr: stderr as unknown as WriteStream, view };
  const goOn = goOnOf(false, { timeoutMs: 1_000, person: async () => false }, terminal);
  if (typeof goOn !== 'function') throw new TypeError('somebody is there');
  const answer = goOn({ rest: 4 } as Forecast, new AbortController().signal);
  await sleep(patienceMs);
  stdin.write(typed);
  expect(await answer).toBe(goesOn);
  expect(stdin.listenerCount('data')).toBe(0);
});
