// What the other queues need: a Redis server of the bench's own, and SQLite compiled for this Node.js.
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { project } from '../measure.js';

const run = promisify(execFile);

/** A server on a unix socket in `folder`, with an append-only file. Undefined when there is no redis-server. */
export async function startRedis(folder, appendfsync) {
  const socket = join(folder, 'redis.sock');
  const settings = { port: 0, unixsocket: socket, dir: folder, save: '', appendonly: 'yes', appendfsync };
  const options = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const server = spawn('redis-server', options, { stdio: 'ignore' });
  const ended = new Promise((resolve) => server.once('error', resolve).once('exit', resolve));
  while (!existsSync(socket)) {
    const failed = await Promise.race([ended.then(() => true), delay(20)]);
    if (failed) return undefined;
  }
  const client = new Redis({ path: socket });
  return {
    socket,
    flush: () => client.flushall(),
    async stop() {
      client.disconnect();
      server.kill('SIGTERM');
      await ended;
    },
  };
}

/**
 * better-sqlite3 is native: it is installed beside the bench when it is first compared with, so that nobody else has to
 * compile it.
 */
const sqlite = 'better-sqlite3@12.11.1';
const sqliteFolder = join(project, 'bench/.peers');
const sqliteRoot = join(sqliteFolder, 'node_modules/better-sqlite3');
export const sqliteModule = join(sqliteRoot, 'lib/index.js');

/** Installs it, which takes a minute where it must be compiled; false when that fails. */
export async function prepareSqlite() {
  if (existsSync(join(sqliteRoot, 'build/Release/better_sqlite3.node'))) return true;
  console.log('\nGetting better-sqlite3 ready for this Node.js, once; without a prebuilt binary it takes a minute …');
  try {
    await mkdir(sqliteFolder, { recursive: true });
    await writeFile(
      join(sqliteFolder, 'package.json'),
      '{ "private": true, "allowScripts": { "better-sqlite3": true } }',
    );
    await run('npm', ['install', '--no-save', '--no-package-lock', sqlite], { cwd: sqliteFolder });
    if (!existsSync(join(sqliteRoot, 'build/Release/better_sqlite3.node'))) {
      await run('npm', ['run', 'install'], { cwd: sqliteRoot });
    }
    return true;
  } catch (error) {
    console.log(
      `It could not be built: ${String(error.stderr ?? error)
        .trim()
        .split('\n')
        .at(-1)}`,
    );
    return false;
  }
}
