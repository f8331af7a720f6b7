// The mailbox against two other queues in the same run: BullMQ on a Redis server of the bench's own, and a table in
// SQLite. Every publisher and consumer is a process of its own; queues take turns within each round.
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { prepareSqlite, startRedis } from './mailbox/peers.js';
import { median, printTable, project, spread, temporaryFolder } from './measure.js';

const rounds = 3;
const sizes = [200, 20_000];
const consumers = [1, 4, 8];
const drainLimitMs = 1_500;
const publishLimitMs = 1_500;
const idleMessages = 100;
const backlog = 100_000;
const backlogClaims = 1_000;

export async function bench() {
  const { folder, remove } = temporaryFolder('mailbox');
  const servers = [];
  try {
    const queues = await openQueues(folder, servers);
    for (const bytes of sizes) await compare(queues, bytes);
    await compareBacklog(queues);
  } finally {
    for (const server of servers) await server.stop();
    remove();
  }
}

/** `{name, durability, place()}`: `place` gives an empty queue, for publishing and for consuming. */
async function openQueues(folder, servers) {
  const module = await bundleMailbox(folder);
  let places = 0;
  const fresh = () => {
    places += 1;
    const path = join(folder, `place-${places}`);
    rmSync(join(folder, `place-${places - 1}`), { recursive: true, force: true });
    mkdirSync(path);
    return path;
  };
  const queues = [
    {
      name: 'Fanfold',
      durability: 'a message is on the disk when its publish resolves; a lost claim is a redelivery',
      place: async () => both({ kind: 'fanfold', module, folder: join(fresh(), 'mail') }),
    },
  ];
  for (const policy of ['everysec', 'always']) {
    const data = join(folder, `redis-${policy}`);
    mkdirSync(data);
    const server = await startRedis(data, policy);
    if (server === undefined) {
      console.log('\nBullMQ is left out: there is no redis-server (apt-get install redis-server).');
      break;
    }
    servers.push(server);
    queues.push({
      name: `BullMQ, ${policy}`,
      durability:
        policy === 'always'
          ? 'Redis writes its append-only file to the disk before it answers, claims too'
          : 'Redis, append-only file, written to the disk every second: a power cut loses the last one',
      async place() {
        await server.flush();
        return both({ kind: 'bullmq', socket: server.socket });
      },
    });
  }
  if (await prepareSqlite()) {
    const sqlite = (publish, consume) => async () => {
      const file = join(fresh(), 'queue.db');
      const place = { kind: 'sqlite', file };
      return { publish: { ...place, synchronous: publish }, consume: { ...place, synchronous: consume } };
    };
    queues.push(
      {
        name: 'SQLite, FULL',
        durability: 'WAL, synchronous=FULL: every transaction is on the disk, claims and completions too',
        place: sqlite('FULL', 'FULL'),
      },
      {
        name: 'SQLite, NORMAL claims',
        durability: 'published with FULL, consumed with NORMAL: what Fanfold promises',
        place: sqlite('FULL', 'NORMAL'),
      },
    );
  }
  for (const { name, durability } of queues) console.log(`${name}: ${durability}.`);
  return queues;
}

const both = (place) => ({ publish: place, consume: place });

async function compare(queues, bytes) {
  const results = queues.map(() => ({ single: [], batched: [], drains: consumers.map(() => []), idle: [] }));
  const prefill = bytes > 1_000 ? 6_000 : 20_000;
  for (let round = 1; round <= rounds; round += 1) {
    for (const [index, { place }] of queues.entries()) {
      const result = results[index];
      const { publish } = await place();
      result.single.push(await publishRate(publish, { count: 100_000, batch: 1, bytes, prefix: 's' }));
      result.batched.push(await publishRate(publish, { count: 100_000, batch: 500, bytes, prefix: 'b' }));
      for (const [column, count] of consumers.entries()) {
        const places = await place();
        await runPublisher(places.publish, { count: prefill, batch: 500, bytes, prefix: 'd', limitMs: 600_000 });
        result.drains[column].push(await drainRate(places.consume, count, bytes));
      }
      result.idle.push(...(await idleLatencies(await place(), bytes)));
    }
  }
  printTable(
    `Mailbox, messages of ${bytes} B, ${rounds} rounds; a second, median (min–max); idle: publish to claim, ms`,
    ['', 'publish', 'batches of 500', ...consumers.map((count) => `drain, ${count} pr.`), 'idle p50', 'idle p99'],
    queues.map(({ name }, index) => {
      const { single, batched, drains, idle } = results[index];
      return [name, spread(single), spread(batched), ...drains.map((values) => spread(values)), ...percentiles(idle)];
    }),
  );
  const last = results.map(({ drains }) => drains.at(-1));
  for (const [index, { name }] of queues.entries()) {
    if (index === 0) continue;
    const ratios = last[0].map((rate, round) => rate / last[index][round]);
    console.log(`drains with ${consumers.at(-1)} processes, Fanfold ÷ ${name}: ${spread(ratios, 2)}`);
  }
}

async function compareBacklog(queues) {
  const rows = [];
  for (const { name, place } of queues) {
    const first = [];
    const later = [];
    for (let round = 1; round <= rounds; round += 1) {
      const { publish, consume } = await place();
      await runPublisher(publish, { count: backlog, batch: 500, bytes: 200, prefix: 'l', limitMs: 600_000 });
      const [{ times }] = await runProcesses('claimer', [consume], { count: backlogClaims + 1 });
      first.push(times[0]);
      later.push(...times.slice(1));
    }
    rows.push([name, spread(first), ...percentiles(later)]);
  }
  printTable(
    `Mailbox with a backlog of ${backlog} messages of 200 B, ${rounds} rounds; ms`,
    ['', 'opening to first claim', 'claim p50', 'claim p99'],
    rows,
  );
}

async function publishRate(place, job) {
  const { count, startedAt, endedAt } = await runPublisher(place, { ...job, limitMs: publishLimitMs });
  return count / ((endedAt - startedAt) / 1_000);
}

async function runPublisher(place, job) {
  const [result] = await runProcesses('publisher', [place], job);
  return result;
}

async function drainRate(place, count, bytes) {
  const results = await runProcesses(
    'drainer',
    Array.from({ length: count }, () => place),
    { limitMs: drainLimitMs, bytes },
  );
  const startedAt = Math.min(...results.map((result) => result.startedAt));
  const endedAt = Math.max(...results.map((result) => result.endedAt));
  return results.reduce((sum, result) => sum + result.count, 0) / ((endedAt - startedAt) / 1_000);
}

async function idleLatencies({ publish, consume }, bytes) {
  const waiter = start('waiter', consume, { count: idleMessages });
  const ticker = start('ticker', publish, { bytes });
  await Promise.all([waiter.next(), ticker.next()]);
  const latencies = [];
  for (let index = 0; index < idleMessages; index += 1) {
    await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 10));
    ticker.write(`idle-${index}`);
    const [{ at: sentAt }, { at: seenAt }] = await Promise.all([ticker.next(), waiter.next()]);
    latencies.push(seenAt - sentAt);
  }
  ticker.end();
  await Promise.all([waiter.ended, ticker.ended]);
  return latencies;
}

/** Start a process at each place, let them begin together, and give what each says at its end. */
async function runProcesses(role, places, job) {
  const processes = places.map((place) => start(role, place, job));
  if (role !== 'claimer') {
    await Promise.all(processes.map((one) => one.next()));
    for (const one of processes) one.write('go');
  }
  const results = await Promise.all(processes.map((one) => one.next()));
  await Promise.all(processes.map((one) => one.ended));
  return results;
}

function start(role, place, job) {
  const script = fileURLToPath(new URL('mailbox/process.js', import.meta.url));
  const child = spawn(process.execPath, [script, role, JSON.stringify(place), JSON.stringify(job)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    ended: new Promise((resolve) => child.once('exit', resolve)),
    write: (line) => child.stdin.write(`${line}\n`),
    end: () => child.stdin.end(),
    async next() {
      const { value, done } = await lines.next();
      if (done) throw new Error(`a ${role} at ${place.kind} ended too soon`);
      return JSON.parse(value);
    },
  };
}

async function bundleMailbox(folder) {
  const bundle = await rolldown({
    cwd: project,
    input: { ipc: 'ipc/index.ts' },
    platform: 'node',
    transform: { target: 'node20.19' },
    external: [/^node:/],
  });
  await bundle.write({ dir: folder, format: 'esm', entryFileNames: '[name].mjs' });
  await bundle.close();
  return join(folder, 'ipc.mjs');
}

function percentiles(values) {
  const sorted = values.toSorted((left, right) => left - right);
  return [median(sorted), sorted[Math.ceil(sorted.length * 0.99) - 1]].map((value) => value.toFixed(2));
}
