import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { plan as makePlan } from '../../../coordinator/cli/index.ts';
import { orchestrate } from '../../../coordinator/run/orchestrate.ts';
import { openRepository } from '../../../ipc/index.ts';
import type { FanfoldEvent } from '../../../tasks/index.ts';
import { leftovers } from '../../support/leftovers.ts';
import { temporaryFolder, temporaryRepository } from '../../support/temporary-repository.ts';

const worker = pathToFileURL(resolve(import.meta.dirname, '../../../dist/worker.js')).href;

/** The entry of a worker thread that goes wrong, in the way `how` says, as soon as a gate has begun, but only once. */
function faultyEntry(folder: string, how: string): URL {
  const path = join(folder, 'entry.mjs');
  writeFileSync(
    path,
    `import { existsSync, writeFileSync } from 'node:fs';
import main from ${JSON.stringify(worker)};
export default async function (input) {
  const timer = setInterval(() => {
    if (!existsSync(${JSON.stringify(join(folder, 'gate-started'))}) || existsSync(${JSON.stringify(join(folder, 'done'))})) return;
    writeFileSync(${JSON.stringify(join(folder, 'done'))}, '');
    ${how}
  }, 20);
  try { return await main(input); } finally { clearInterval(timer); }
}
`,
  );
  return pathToFileURL(path);
}

test.each([
  ['dies', 'process.exit(7);'],
  ['stops answering', 'for (;;);'],
])('a gate whose worker %s is asked again, and the run ends', async (_what, how) => {
  const folder = temporaryFolder();
  const started = join(folder, 'gate-started');
  const command = `if [ -e ${started} ]; then exit 0; fi; touch ${started}; sleep 300`;
  const repository = temporaryRepository({
    'fanfold.yml': `version: 1
name: gated
checks: [{ name: g, run: "${command}", on: [merged] }]
subtasks: [{ id: a, run: "echo a > a" }]
`,
  });
  const plan = await makePlan(join(repository.folder, 'fanfold.yml'), { folder: repository.folder });
  const events: FanfoldEvent[] = [];
  const { end } = await orchestrate({
    plan,
    folder: repository.folder,
    repository: await openRepository(repository.folder),
    workerEntry: faultyEntry(folder, how),
    version: 'test',
    threads: 1,
    leaseMs: 6_000,
    onEvent: (event) => events.push(event),
  });
  expect(existsSync(join(folder, 'done'))).toBe(true);
  expect(events.filter(({ type }) => type === 'notice')).toMatchObject([
    { level: 'warning', message: expect.stringContaining('worker-1 was lost') },
  ]);
  expect(end).toMatchObject({ exitCode: 0, subtasks: { landed: 1 } });
  expect(leftovers(repository)).toEqual([]);
});
