/**
 * A process that fights for a coordinator lock, round after round. Each line of standard input is a round: the path of
 * the lock, the log to work on, when to start (milliseconds since the epoch), and how long to work if it wins. Answers
 * `ready` once, then `lost <code>` for each round; who wins dies with the lock in its hands.
 */
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { takeCoordinatorLock } from '../../../coordinator/run/coordinator-lock.ts';
import { FanfoldError } from '../../../tasks/index.ts';

process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  const { lock, log, startAt, workMs } = JSON.parse(line);
  while (Date.now() < startAt);
  try {
    const held = await takeCoordinatorLock(lock);
    appendFileSync(log, `enter ${process.pid}\n`);
    await sleep(workMs);
    held.verify();
    appendFileSync(log, `leave ${process.pid}\n`);
    process.kill(process.pid, 'SIGKILL');
  } catch (error) {
    process.stdout.write(`lost ${error instanceof FanfoldError ? error.code : String(error)}\n`);
  }
}
