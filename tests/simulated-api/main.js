#!/usr/bin/env node
// @ts-check
/**
 * The simulated Messages API as a process of its own, for benches, examples and end-to-end tests. Prints one line
 * {"url", "pid"} when it listens; ends on SIGTERM, SIGINT and when its standard input ends. GET /_simulated/stats
 * gives totals, CPU time and memory, POST /_simulated/reset starts them and the prompt cache anew.
 */
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { builtinScripts } from './scripts/builtin.js';
import { createSimulatedApi } from './server.js';

/** @import { Script } from './types.d.ts' */

const usage = `Usage: node main.js [options]
  --port N          default 0: a free port
  --script NAME     ${Object.keys(builtinScripts).join(', ')}, or a module that exports \`script\`; default echo
  --latency MS      from request to first byte; default 0
  --stream-ms MS    time over which the events of a stream are spread; default 0
  --faults JSON     a list of faults, see types.d.ts
  --rate-limits JSON  see types.d.ts; default none
  --seed N          for faults with a probability; default 1
  --validation V    strict (default) or light
  --keep K          none (default) or all: whether requests are kept in memory
  --minimum-cache-tokens N  default 1024
  --no-key          ask for no API key
  --detached        do not end with standard input`;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    script: { type: 'string', default: 'echo' },
    latency: { type: 'string', default: '0' },
    'stream-ms': { type: 'string', default: '0' },
    faults: { type: 'string', default: '[]' },
    'rate-limits': { type: 'string' },
    seed: { type: 'string', default: '1' },
    validation: { type: 'string', default: 'strict' },
    keep: { type: 'string', default: 'none' },
    'minimum-cache-tokens': { type: 'string', default: '1024' },
    'no-key': { type: 'boolean', default: false },
    detached: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  process.stdout.write(`${usage}\n`);
} else {
  const api = await createSimulatedApi({
    port: Number(values.port),
    script: await loadScript(values.script),
    latencyMs: Number(values.latency),
    streamMs: Number(values['stream-ms']),
    faults: JSON.parse(values.faults),
    ...(values['rate-limits'] === undefined ? {} : { rateLimits: JSON.parse(values['rate-limits']) }),
    seed: Number(values.seed),
    validation: values.validation === 'light' ? 'light' : 'strict',
    keep: values.keep === 'all' ? 'all' : 'none',
    minimumCacheTokens: Number(values['minimum-cache-tokens']),
    requireKey: !values['no-key'],
  });
  const stop = () => {
    process.stdin.destroy();
    void api.close();
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  if (!values.detached) process.stdin.once('end', stop).resume();
  process.stdout.write(`${JSON.stringify({ url: api.url, pid: process.pid })}\n`);
}

/**
 * @param {string} name
 * @returns {Promise<Script>}
 */
async function loadScript(name) {
  const builtin = builtinScripts[name];
  if (builtin !== undefined) return builtin;
  const module = await import(pathToFileURL(name).href);
  if (typeof module.script === 'function') return module.script;
  throw new Error(
    `${name} does not export a function \`script\`. Built in: ${Object.keys(builtinScripts).join(', ')}.`,
  );
}
