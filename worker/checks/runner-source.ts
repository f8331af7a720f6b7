/**
 * The program that runs a module of checks, given to `node --eval`: as a file it would lie elsewhere in the bundle than
 * in the sources. Started by check-with-module.ts with its input on standard input, which it has read to the end before
 * anything else runs. Promise: it writes its key and `{ value }` or `{ error }` to file descriptor 3 once, which nothing
 * that the module starts inherits, and ends, whatever timers the module left behind.
 */
export const runnerSource = `
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';

const { key, module, diffFile, context } = JSON.parse(readFileSync(0, 'utf8'));
// What the module loads may replace them.
const [write, stringify, exit] = [writeFileSync, JSON.stringify, process.exit.bind(process)];
const overdue = new AbortController();
process.on('SIGTERM', () => overdue.abort(new Error('The check ran out of time.')));
const longest = 1_000_000;
const drainMs = 200;

const run = (command) =>
  new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', String(command)], { cwd: context.folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => {
        output += text;
        if (output.length > 2 * longest) output = output.slice(-longest);
      });
    }
    child.once('error', reject);
    child.once('exit', (exitCode) => {
      const finish = () => {
        clearTimeout(timer);
        child.stdout.destroy();
        child.stderr.destroy();
        resolve({ exitCode, output: output.slice(-longest) });
      };
      // What runs on in the background may hold the pipes; what has arrived in them is read before the next setImmediate.
      const timer = setTimeout(() => setImmediate(finish), drainMs);
      child.once('close', finish);
    });
  });

const digestOf = async (path) => {
  const digest = createHash('sha256');
  for await (const bytes of createReadStream(path)) digest.update(bytes);
  return digest.digest('hex');
};

const judge = async () => {
  const diffDigest = await digestOf(diffFile);
  const { default: definition } = await import(pathToFileURL(module).href);
  if (typeof definition?.check !== 'function') {
    throw new Error('its default export has no function check; write: export default defineCheck({ check(context) { … } })');
  }
  const diff = async () => {
    const bytes = await readFile(diffFile);
    if (createHash('sha256').update(bytes).digest('hex') === diffDigest) return bytes.toString();
    throw new Error('the file with the diff was changed while the check ran');
  };
  return definition.check({ ...context, diff, run, signal: overdue.signal });
};

let result;
try {
  result = stringify({ value: (await judge()) ?? null });
} catch (error) {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  result = stringify({ error: text.slice(0, 4_000) });
}
write(3, key + result);
exit(0);
`;
