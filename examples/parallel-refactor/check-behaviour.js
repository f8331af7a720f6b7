#!/usr/bin/env node
// Does a copy of lodash still behave as it did? Calls its functions with fixed inputs and compares what they return,
// throw and do to their arguments. Exits with 1, and names the functions, when something differs.
//
//   node check-behaviour.js <folder before> <folder after>
//   node check-behaviour.js record  <folder> <file.json>
//   node check-behaviour.js compare <folder> <file.json>
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';

const shownFunctions = 50;
const shownCharacters = 160;

const [first, second, file] = process.argv.slice(2);
if (second === undefined || (['record', 'compare'].includes(first) && file === undefined)) {
  console.error(
    'Usage: node check-behaviour.js <before> <after> | record <folder> <file.json> | compare <folder> <file.json>',
  );
  process.exit(2);
}
if (first === 'record') {
  const behaviour = await observe(second);
  writeFileSync(
    file,
    `${JSON.stringify(behaviour, (_, value) => (typeof value === 'string' ? hash(value) : value))}\n`,
  );
  console.log(`Recorded ${count(behaviour)}.`);
} else {
  const recorded = first === 'compare' ? JSON.parse(readFileSync(file, 'utf8')) : observe(first);
  const [before, after] = await Promise.all([recorded, observe(second)]);
  process.exitCode = compare(before, after) ? 0 : 1;
}

/** In a thread of its own: functions of lodash may change what a process shares. */
async function observe(folder) {
  const worker = new Worker(new URL('behaviour/observe-worker.js', import.meta.url), { workerData: resolve(folder) });
  const [behaviour] = await once(worker, 'message');
  return behaviour;
}

function compare(before, after) {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const differences = names.flatMap((name) => {
    const label = differingCall(before[name], after[name]);
    return label === undefined ? [] : [[name, label]];
  });
  for (const [name, label] of differences.slice(0, shownFunctions)) {
    console.error(`differs: ${name}, called with ${label}`);
    console.error(`  before: ${before[name]?.[label]?.slice(0, shownCharacters) ?? 'nothing'}`);
    console.error(`  after:  ${after[name]?.[label]?.slice(0, shownCharacters) ?? 'nothing'}`);
  }
  if (differences.length > shownFunctions) {
    console.error(`differs: ${differences.length - shownFunctions} more functions`);
  }
  const verdict = differences.length === 0 ? 'no difference' : `${differences.length} functions differ`;
  console.log(`Compared ${count(after)}: ${verdict}.`);
  return differences.length === 0 && names.length > 0;
}

/** The first call whose outcome is not the same. A record holds hashes of outcomes. */
function differingCall(before = {}, after = {}) {
  const labels = [...new Set([...Object.keys(after), ...Object.keys(before)])];
  return labels.find((label) => before[label] !== after[label] && before[label] !== hash(after[label] ?? ''));
}

function count(behaviour) {
  const calls = Object.values(behaviour).reduce((sum, outcomes) => sum + Object.keys(outcomes).length, 0);
  return `${Object.keys(behaviour).length} functions in ${calls} calls`;
}

function hash(outcome) {
  return createHash('md5').update(outcome).digest('hex').slice(0, 12);
}
