// A queue as one would write it with better-sqlite3: one table, WAL, publish = insert, claim = one update that returns
// the row, done = another. SQLite tells nobody of a new row, so who waits looks every few milliseconds.
import { setTimeout as delay } from 'node:timers/promises';
import { sqliteModule } from './peers.js';

const { default: Database } = await import(sqliteModule);

const lookMs = 10;

export async function open({ file, synchronous }, queue) {
  const database = new Database(`${file}-${queue}`);
  database.pragma('busy_timeout = 20000');
  await useLog(database);
  database.pragma(`synchronous = ${synchronous}`);
  database.exec(`
    create table if not exists messages (
      sequence integer primary key, id text not null unique, priority integer not null, due integer not null,
      state text not null, worker text, epoch integer not null, beat integer, content text not null);
    create index if not exists waiting on messages (priority, sequence) where state = 'new';
  `);
  const insert = database.prepare(
    "insert into messages (id, priority, due, state, epoch, content) values (?, 5, 0, 'new', 0, ?) on conflict do nothing",
  );
  const take = database.prepare(`
    update messages set state = 'claimed', worker = ?, epoch = epoch + 1, beat = ?
    where sequence = (select sequence from messages where state = 'new' and due <= ? order by priority, sequence limit 1)
    returning sequence, id, epoch, content`);
  const finish = database.prepare(
    "update messages set state = 'done' where sequence = ? and epoch = ? and state = 'claimed'",
  );
  const insertAll = database.transaction((ids, content) => {
    for (const id of ids) insert.run(id, content);
  });
  const worker = `worker-${process.pid}`;
  const contentOf = (text) => JSON.stringify({ text });
  const claim = () => {
    const row = take.get(worker, Date.now(), Date.now());
    return row && { ...row, body: JSON.parse(row.content) };
  };
  const complete = ({ sequence, epoch }) => finish.run(sequence, epoch).changes === 1;
  return {
    publish: async (id, text) => insert.run(id, contentOf(text)),
    publishMany: async (ids, text) => insertAll.immediate(ids, contentOf(text)),
    claim: async () => claim(),
    complete: async (row) => complete(row),
    async connect() {},
    async drain(until, now) {
      let count = 0;
      let endedAt = now();
      while (endedAt < until) {
        const row = claim();
        if (row === undefined) break;
        if (complete(row)) count += 1;
        endedAt = now();
      }
      return { count, endedAt };
    },
    async consume(seen, signal, ready) {
      ready();
      while (!signal.aborted) {
        const row = claim();
        if (row === undefined) {
          await delay(lookMs);
          continue;
        }
        seen(row.id);
        complete(row);
      }
    },
    close: async () => database.close(),
  };
}

/** Two processes that open a new file at once: the time to wait for a lock does not count for this. */
async function useLog(database) {
  for (;;) {
    try {
      database.pragma('journal_mode = WAL');
      return;
    } catch (error) {
      if (error.code !== 'SQLITE_BUSY') throw error;
      await delay(lookMs);
    }
  }
}
