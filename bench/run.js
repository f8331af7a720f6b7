// Runs the benches named on the command line, all by default: npm run bench -- refactor agents start
import { cpus } from 'node:os';
import { bench as agents } from './agents.js';
import { bench as budget } from './budget.js';
import { bench as cache } from './cache.js';
import { bench as cached } from './cached.js';
import { bench as context } from './context.js';
import { bench as faults } from './faults.js';
import { bench as loop } from './loop.js';
import { bench as mailbox } from './mailbox.js';
import { bench as refactor } from './refactor.js';
import { bench as start } from './start.js';
import { bench as thousand } from './thousand.js';

const benches = { refactor, cached, agents, budget, cache, context, faults, loop, mailbox, start, thousand };
const known = Object.keys(benches);

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`No bench ${unknown.join(', ')}; there are ${known.join(', ')}.`);
  process.exit(2);
}
const [{ model = 'unknown processor' } = {}] = cpus();
console.log(`Node ${process.version}, ${cpus().length} cores (${model.trim()}), ${process.platform} ${process.arch}`);
for (const name of known) {
  if (wanted.length === 0 || wanted.includes(name)) await benches[name]();
}
