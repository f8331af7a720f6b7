// One process at a queue: `node process.js <role> <store as JSON> <job as JSON>`. Speaks lines of JSON on standard
// output; a line on standard input lets it begin. Times are of the machine's monotonic clock, ms.
import { once } from 'node:events';
import { loadStore } from './stores.js';

const [role = '', place = '', job = '{}'] = process.argv.slice(2);
const warmUpMs = 400;
const now = () => Number(process.hrtime.bigint()) / 1e6;
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const go = () => once(process.stdin, 'data');

const roles = {
  /** Publish `count` messages in calls of `batch`, until done or `limitMs` is over. */
  async publisher(store, { count, batch, bytes, prefix, limitMs }) {
    const text = 'x'.repeat(bytes);
    say('ready');
    await go();
    const startedAt = now();
    let published = 0;
    while (published < count && now() - startedAt < limitMs) {
      const size = Math.min(batch, count - published);
      const ids = Array.from({ length: size }, (_, index) => `${prefix}-${published + index}`);
      if (batch === 1) await store.publish(ids[0], text);
      else await store.publishMany(ids, text);
      published += size;
    }
    say({ count: published, startedAt, endedAt: now() });
  },

  /** Claim and complete until nothing is left or `limitMs` is over. */
  async drainer(store, { limitMs, bytes }) {
    await warmUp(bytes);
    await store.connect();
    say('ready');
    await go();
    const startedAt = now();
    const { count, endedAt } = await store.drain(startedAt + limitMs, now);
    say({ count, startedAt, endedAt });
  },

  /** Wait for messages one by one; say when each was there to be worked on. */
  async waiter(store, { count }) {
    let seen = 0;
    const stop = new AbortController();
    await store.consume(
      (id) => {
        say({ id, at: now() });
        seen += 1;
        if (seen === count) stop.abort();
      },
      stop.signal,
      () => say('ready'),
    );
  },

  /** Publish when told to, one message a line of standard input; say when the publish began. */
  async ticker(store, { bytes }) {
    const text = 'x'.repeat(bytes);
    say('ready');
    for await (const chunk of process.stdin) {
      const id = String(chunk).trim();
      const at = now();
      await store.publish(id, text);
      say({ id, at });
    }
  },

  /** From the opening of the queue to the first claim, then `count` claims, each timed; with each one completed. */
  async claimer(store, { count, openedAt }) {
    const times = [];
    for (let index = 0; index < count; index += 1) {
      const before = now();
      const claim = await store.claim();
      times.push(now() - (index === 0 ? openedAt : before));
      if (claim === undefined) throw new Error('the backlog is empty');
      await store.complete(claim);
    }
    say({ times });
  },
};

/** A queue of its own, so that what is timed is code that runs, not code that is compiled: consumers live for long. */
async function warmUp(bytes) {
  const scratch = await open(JSON.parse(place), `warm-${process.pid}`);
  const ids = Array.from({ length: 1_000 }, (_, index) => `warm-${index}`);
  await scratch.publishMany(ids, 'x'.repeat(bytes));
  await scratch.drain(now() + warmUpMs, now);
  await scratch.close();
}

const { open } = await loadStore(JSON.parse(place));
const openedAt = now();
const store = await open(JSON.parse(place), 'work');
await roles[role](store, { ...JSON.parse(job), openedAt });
await store.close();
process.stdin.destroy();
