#!/usr/bin/env node
// Does a copy of lodash still behave as it did? Calls its functions with fixed inputs and compares what they return,
// throw and do to their arguments. Exits with 1, and names the functions, when something differs.
//
//   node check-behaviour.js <folder before> <folder after>
//   node check-behaviour.js record  <folder> <file.json>
//   node check-behaviour.js compare <folder> <file.json>
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { observe } from './behaviour/observe.js';

const shownDifferences = 50;

const [first, second, file] = process.argv.slice(2);
if (second === undefined || (['record', 'compare'].includes(first) && file === undefined)) {
  console.error(
    'Usage: node check-behaviour.js <before> <after> | record <folder> <file.json> | compare <folder> <file.json>',
  );
  process.exit(2);
}
if (first === 'record') {
  const behaviour = await observe(resolve(second));
  writeFileSync(file, `${JSON.stringify(behaviour)}\n`);
  console.log(`Recorded ${count(behaviour)}.`);
} else {
  const before = first === 'compare' ? JSON.parse(readFileSync(file, 'utf8')) : await observe(resolve(first));
  process.exitCode = compare(before, await observe(resolve(second))) ? 0 : 1;
}

function compare(before, after) {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const different = names.filter((name) => before[name]?.digest !== after[name]?.digest);
  for (const name of different.slice(0, shownDifferences)) {
    console.error(`differs: ${name}${explain(before[name], after[name])}`);
  }
  if (different.length > shownDifferences) {
    console.error(`differs: ${different.length - shownDifferences} more`);
  }
  console.log(
    `Compared ${count(after)}: ${different.length === 0 ? 'no difference' : `${different.length} functions differ`}.`,
  );
  return different.length === 0 && names.length > 0;
}

function explain(before, after) {
  if (before === undefined || after === undefined) {
    return before === undefined ? ' (new)' : ' (missing)';
  }
  const label = Object.keys(before.examples).find((each) => before.examples[each] !== after.examples[each]);
  if (label === undefined) {
    return '';
  }
  const show = (example = 'nothing') => example.replace(/^\S+ /, '').slice(0, 160);
  return `\n  called with ${label}\n  before: ${show(before.examples[label])}\n  after:  ${show(after.examples[label])}`;
}

function count(behaviour) {
  const calls = Object.values(behaviour).reduce((sum, each) => sum + each.calls, 0);
  return `${Object.keys(behaviour).length} functions in ${calls} calls`;
}
