import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { coordinatorOf, hasCrashed } from '../../coordinator/run/coordinator-lock.ts';
import { bundleChild } from '../integration/ipc/bundle-child.ts';
import { seededRandom } from '../support/random.ts';
import { temporaryFolder } from '../support/temporary-repository.ts';

const rounds = Number(process.env['FANFOLD_FAULT_ROUNDS'] ?? 100);
const contenders = 4;

interface Contender {
  child: ChildProcess;
  ready: Promise<string>;
  /** What it says next, or `died`. */
  answer(): Promise<string>;
}

let bundle: Awaited<ReturnType<typeof bundleChild>>;
beforeAll(async () => {
  bundle = await bundleChild(new URL('./children/lock-contender.ts', import.meta.url));
});
afterAll(() => bundle.remove());

function startContender(): Contender {
  const child = spawn(process.execPath, [bundle.path], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const died = new Promise<string>((resolve) => child.once('exit', () => resolve('died')));
  const answer = () => Promise.race([died, lines.next().then(({ value, done }) => (done ? died : value))]);
  return { child, ready: answer(), answer };
}

test(
  `of ${contenders} processes that fight for the lock of a dead holder, one at a time is at work, in ${rounds} rounds`,
  async () => {
    const folder = temporaryFolder();
    const lock = join(folder, 'coordinator');
    const log = join(folder, 'log');
    writeFileSync(log, '');
    const random = seededRandom(9);
    const pool = Array.from({ length: contenders }, startContender);
    let won = 0;
    let refused = 0;
    try {
      // Round 0 makes the first dead holder.
      for (let round = 0; round <= rounds; round += 1) {
        await Promise.all(pool.map(({ ready }) => ready));
        if (round > 0) {
          expect(await hasCrashed(lock), `round ${round}`).toBe(true);
          const minuteAgo = Date.now() / 1000 - 60;
          mkdirSync(`${lock}.lock`, { recursive: true });
          utimesSync(`${lock}.lock`, minuteAgo, minuteAgo);
        }
        const startAt = Date.now() + 10;
        const workMs = 1 + random.below(6);
        const fighting = round === 0 ? pool.slice(0, 1) : pool;
        const answers = fighting.map(async (contender) => {
          const answered = contender.answer();
          contender.child.stdin?.write(`${JSON.stringify({ lock, log, startAt, workMs })}\n`);
          const answer = await answered;
          if (answer === 'died') pool[pool.indexOf(contender)] = startContender();
          return answer;
        });
        const said = await Promise.all(answers);
        expect(said.filter((answer) => answer !== 'died' && answer !== 'lost run-locked')).toEqual([]);
        const winners = said.filter((answer) => answer === 'died').length;
        expect(winners, `round ${round}`).toBeGreaterThan(0);
        if (round > 0) won += winners;
        refused += said.length - winners;
      }
      expect(await coordinatorOf(lock)).toBeUndefined();
      const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
      // Who came too late for one holder may rightly follow the next, so there can be more holders than rounds.
      expect(lines.length).toBe(2 * (won + 1));
      for (let index = 0; index < lines.length; index += 2) {
        const [, pid] = /^enter (\d+)$/.exec(lines[index] ?? '') ?? [];
        expect(lines.slice(index, index + 2), `lines ${index + 1} and ${index + 2} of the log`).toEqual([
          `enter ${pid}`,
          `leave ${pid}`,
        ]);
      }
      expect(refused).toBeGreaterThan(0);
    } finally {
      for (const { child } of pool) child.kill('SIGKILL');
    }
  },
  60_000 + rounds * 1_000,
);
