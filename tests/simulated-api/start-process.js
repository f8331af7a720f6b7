// @ts-check
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/**
 * @import { SimulatedApiProcess } from './start-process.d.ts'
 * @typedef {Awaited<ReturnType<SimulatedApiProcess['stats']>>} Stats
 */

/** A young generation that holds the bodies of a thousand waiting requests: otherwise they are copied again and again. */
const nodeOptions = ['--max-semi-space-size=64'];
const main = fileURLToPath(new URL('./main.js', import.meta.url));

/**
 * @param {string[]} [args] of main.js
 * @returns {Promise<SimulatedApiProcess>}
 */
export async function startSimulatedApiProcess(args = []) {
  const child = spawn(process.execPath, [...nodeOptions, main, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  const exited = once(child, 'close');
  let complaint = '';
  const listen = (/** @type {Buffer} */ chunk) => {
    complaint += chunk.toString('utf8');
  };
  child.stderr.on('data', listen);
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([once(lines, 'line'), exited]);
  if (child.exitCode !== null || child.signalCode !== null) {
    throw new Error(`The simulated API ended before it listened (exit code ${child.exitCode}).\n${complaint}`);
  }
  child.stderr.off('data', listen).pipe(process.stderr, { end: false });
  const { url, pid } = JSON.parse(String(first[0]));
  const stop = async () => {
    child.stdin.end();
    await exited;
  };
  return {
    url,
    pid,
    environment: { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: 'sk-ant-simulated' },
    stats: async () => /** @type {Stats} */ (await (await fetch(`${url}/_simulated/stats`)).json()),
    reset: async () => void (await fetch(`${url}/_simulated/reset`, { method: 'POST' })),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
