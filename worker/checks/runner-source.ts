/**
 * The program that runs a module of checks, given to `node --eval`: as a file it would lie elsewhere in the bundle than
 * in the sources. Started by module-check.ts with the path of its input. Promise: it writes `{ value }` or `{ error }`
 * to the result file and ends, whatever timers the module left behind.
 */
export const runnerSource = `
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';

const { module, diffFile, resultFile, context } = JSON.parse(await readFile(process.argv[1], 'utf8'));
const overdue = new AbortController();
process.on('SIGTERM', () => overdue.abort(new Error('The check ran out of time.')));
const longest = 1_000_000;

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
    child.once('close', (exitCode) => resolve({ exitCode, output: output.slice(-longest) }));
  });

const judge = async () => {
  const { default: definition } = await import(pathToFileURL(module).href);
  if (typeof definition?.check !== 'function') {
    throw new Error('its default export has no function check; write: export default defineCheck({ check(context) { … } })');
  }
  const diff = () => readFile(diffFile, 'utf8');
  return definition.check({ ...context, diff, run, signal: overdue.signal });
};

let result;
try {
  result = JSON.stringify({ value: (await judge()) ?? null });
} catch (error) {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  result = JSON.stringify({ error: text.slice(0, 4_000) });
}
await writeFile(resultFile, result, { flag: 'wx', mode: 0o600 });
process.exit(0);
`;
