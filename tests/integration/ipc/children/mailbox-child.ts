/** A process at a file mailbox: `node child.mjs <role> <folder> <name> [count]`. Says what it did on standard output. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { createFileMailbox } from '../../../../ipc/mailbox/file/file-mailbox.ts';
import type { Mailbox } from '../../../../ipc/mailbox/mailbox.ts';
import type { Envelope } from '../../../../ipc/protocol/envelope.ts';
import { FanfoldError } from '../../../../tasks/index.ts';

const [role = '', folder = '', name = '', count = '0'] = process.argv.slice(2);

/** Straight to the pipe: what was said is there even if the next instruction is the last. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}

function message(id: string, text = id): Envelope {
  return { version: 1, id, kind: 'control', from: name, to: 'work', body: { text } };
}

const roles: Record<string, (mailbox: Mailbox) => Promise<void>> = {
  /** Publish for ever, alone and in batches; say each id once it is acknowledged. */
  async publisher(mailbox) {
    for (let index = 0; ; index += 1) {
      if (index % 5 === 4) {
        const batch = Array.from({ length: 20 }, (_, at) => `${name}-${index}-${at}`);
        await mailbox.publishMany(
          'work',
          batch.map((id) => ({ envelope: message(id) })),
        );
        for (const id of batch) say(id);
      } else {
        await mailbox.publish('work', message(`${name}-${index}`), { delayMs: index % 3 === 0 ? 20 : 0 });
        say(`${name}-${index}`);
      }
    }
  },
  /** Claim and complete for ever; now and then give back. */
  async consumer(mailbox) {
    for (let index = 0; ; index += 1) {
      const claim = await mailbox.claim('work', name);
      if (claim === undefined) await mailbox.watch('work', new AbortController().signal);
      else if (index % 10 === 9) await mailbox.fail(claim, { retry: true, delayMs: index % 20 });
      else await mailbox.complete(claim);
    }
  },
  async reaper(mailbox) {
    for (;;) {
      await mailbox.reap('work');
      await delay(20);
    }
  },
  /** Claim until nothing is left; say what was completed. */
  async drainer(mailbox) {
    const ids: string[] = [];
    for (let claim = await mailbox.claim('work', name); claim; claim = await mailbox.claim('work', name)) {
      if (await mailbox.complete(claim)) ids.push(claim.envelope.id);
    }
    say(ids.join('\n'));
  },
  /** Claim one message and keep it, with a beat every `count` milliseconds; say when it beats. */
  async worker(mailbox) {
    const claim = await mailbox.claim('work', name);
    for (;;) {
      if (claim !== undefined && (await mailbox.renew(claim))) say('beat');
      await delay(Number(count));
    }
  },
  /** Claim a message and die of it. */
  async victim(mailbox) {
    await mailbox.claim('work', name);
    process.kill(process.pid, 'SIGKILL');
    await delay(60_000);
  },
  /** Claim one message, say so, and on the next word from standard input say whether it could be completed. */
  async holder(mailbox) {
    const claim = await mailbox.claim('work', name);
    say(`holding ${claim?.envelope.id}`);
    process.stdin.once('data', async () => {
      say(`completed ${claim !== undefined && (await mailbox.complete(claim))}`);
      process.stdin.pause();
      await mailbox.close();
    });
  },
  /** Wait for mail and say when each message was claimed, in ns of the machine's monotonic clock. */
  async waiter(mailbox) {
    say('ready');
    for (let claimed = 0; claimed < Number(count); ) {
      const claim = await mailbox.claim('work', name);
      if (claim === undefined) {
        await mailbox.watch('work', new AbortController().signal);
        continue;
      }
      claimed += 1;
      say(`${claim.envelope.id} ${process.hrtime.bigint()}`);
      await mailbox.complete(claim);
    }
    await mailbox.close();
  },
  /** Publish a batch with few files left, then with none; say how it went. */
  async hoarder(mailbox) {
    const batch = Array.from({ length: Number(count) }, (_, index) => ({ envelope: message(`${name}-${index}`) }));
    const results = await mailbox.publishMany('work', batch);
    say(`published ${results.filter(({ duplicate }) => !duplicate).length}`);
    const held: number[] = [];
    try {
      for (;;) held.push(openSync(folder, 'r'));
    } catch {
      await mailbox.publish('work', message('one-too-many')).catch((error: FanfoldError) => {
        const { code, failure, next, data } = error;
        say(`failed ${JSON.stringify({ code, failure, next, data })}`);
      });
    }
    for (const descriptor of held) closeSync(descriptor);
    await mailbox.close();
  },
  /** Publish large messages until one fails; say how. */
  async filler(mailbox) {
    for (let index = 0; index < Number(count); index += 1) {
      try {
        await mailbox.publish('work', message(`${name}-${index}`, 'x'.repeat(20_000)));
        say(`published ${name}-${index}`);
      } catch (error) {
        const { code, failure, next, data } = error as FanfoldError;
        say(`failed ${JSON.stringify({ isOurs: error instanceof FanfoldError, code, failure, next, data })}`);
        break;
      }
    }
    await mailbox.close();
  },
};

const mailbox = createFileMailbox({ folder, leaseMs: 300, attemptLimit: 1_000 });
await mailbox.open('work');
await roles[role]?.(mailbox);
