// The process that loop.js measures: so many agents at once, each over the same folder. Tells what it used as JSON.
import { join } from 'node:path';
import { createAgent } from 'fanfold';
import { turns } from './agents.js';

const [count, folder, transcripts] = process.argv.slice(2);
const started = process.cpuUsage();
const startBytes = process.memoryUsage.rss();
const startedAt = performance.now();
const agent = createAgent({ folder });
const results = await Promise.all(
  Array.from({ length: Number(count) }, (_, index) => {
    const files = Array.from({ length: turns - 1 }, (_, turn) => `file: source/file-${(index + turn) % 12}.js`);
    const prompt = `Agent ${index}: read these files and say what they hold.\n${files.join('\n')}`;
    return agent.run(prompt, { transcript: join(transcripts, `${index}.jsonl`) });
  }),
);
await agent.close();
const { user, system } = process.cpuUsage(started);
const failed = results.find(({ status }) => status !== 'done');
if (failed !== undefined) throw new Error(failed.error.message);
console.log(
  JSON.stringify({
    startCpuMs: (started.user + started.system) / 1_000,
    startBytes,
    loopCpuMs: (user + system) / 1_000,
    loopWallMs: performance.now() - startedAt,
  }),
);
