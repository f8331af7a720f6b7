import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type CanaryEnd, type FanfoldEvent, type ForecastEnd, totalTokens } from '../../tasks/index.ts';
import { createSimulatedApi } from '../simulated-api/server.js';
import { leftovers } from '../support/leftovers.ts';
import { markAndWaitFor, startSharedRun } from '../support/outside-workers.ts';
import { type FanfoldResult, runFanfold, startFanfold, until } from '../support/run-fanfold.ts';
import { type TestRepository, temporaryFolder, temporaryRepository } from '../support/temporary-repository.ts';

const taskFile = `version: 1
name: tidy
concurrency: 2
subtasks:
  - id: tidy-\${{ item.value }}
    forEach: { lines: items.txt }
    run: 'COMMAND'
  - { id: notes, needs: ["tidy-*"], run: "ls > notes" }
`;

/** Ten small commands and one that needs them all. */
function tenItems(command = 'echo "$FANFOLD_ITEM_VALUE" > "out-$FANFOLD_ITEM_VALUE"'): TestRepository {
  const items = Array.from({ length: 10 }, (_, index) => `${index + 1}\n`).join('');
  return temporaryRepository({ 'fanfold.yml': taskFile.replace('COMMAND', command), 'items.txt': items });
}

const queued = (events: readonly FanfoldEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'subtask-queue' ? [event.subtask] : []));
const forecasts = (events: readonly FanfoldEvent[]): ForecastEnd[] =>
  events.filter((event): event is ForecastEnd => event.type === 'forecast-end');
const decisions = (events: readonly FanfoldEvent[]): CanaryEnd[] =>
  events.filter((event): event is CanaryEnd => event.type === 'canary-end');

function reportOf({ folder }: TestRepository, name: string): string {
  const [run = ''] = readdirSync(join(folder, '.fanfold/runs'));
  return readFileSync(join(folder, '.fanfold/runs', run, name), 'utf8');
}

const first = ['tidy-1', 'tidy-5', 'tidy-10'];

test('where nobody is there the run ends after its canary, and resume does the rest', async () => {
  const repository = tenItems();
  const run = await runFanfold(['run', 'fanfold.yml', '--canary', '3', '--json'], { folder: repository.folder });
  expect(run.stderr).toBe('');
  expect(queued(run.events())).toEqual(first);
  expect(forecasts(run.events())).toMatchObject([{ forecast: { judged: 3, passed: 3, rest: 8, concurrency: 2 } }]);
  expect(decisions(run.events())).toMatchObject([{ goesOn: false, by: 'nobody', rest: 8 }]);
  expect(run.end()).toMatchObject({ status: 'interrupted', exitCode: 1, subtasks: { landed: 3, cancelled: 8 } });
  expect(run.exitCode).toBe(1);
  expect(reportOf(repository, 'report.md')).toMatch(/## Canary\n\n3 subtasks went first: `tidy-1`/);
  expect(leftovers(repository)).toEqual([]);

  const resumed = await runFanfold(['resume'], { folder: repository.folder });
  expect(resumed.exitCode, resumed.stderr).toBe(0);
  expect(resumed.stdout).toContain('11 subtasks done: 11 landed');
  expect(resumed.stdout).not.toContain('canary');
  expect(reportOf(repository, 'report.md')).toContain('| passed | 3 of 3: 100% (44% to 100%) | 8 of 8: 100% |');
  const { canary } = JSON.parse(reportOf(repository, 'report.json'));
  expect(canary).toMatchObject({
    subtasks: first,
    decision: { goesOn: false, by: 'nobody' },
    actual: { ended: 8, passed: 8, durationMs: expect.any(Number) },
  });
});

test('with --yes it goes on, and says so where people read', async () => {
  const repository = tenItems();
  const run = await runFanfold(['run', 'fanfold.yml', '--canary', '3', '--yes'], { folder: repository.folder });
  expect(run.exitCode, run.stderr).toBe(0);
  const lines = run.stdout.split('\n').map((line) => line.slice(9));
  const start = lines.findIndex((line) => line.startsWith('run tidy-'));
  expect(lines[start + 1]).toBe('  canary of 3 first: tidy-1, tidy-5, tidy-10');
  const forecast = lines.indexOf('forecast for the other 8 subtasks, from 3 of the canary');
  expect(lines[forecast + 1]).toBe('  passed  3 of 3: 100% (44% to 100%)');
  expect(lines[forecast + 2]).toMatch(/^ {2}time {4}\S+ \(\S+ to \S+\), 2 at a time$/);
  expect(lines[forecast + 3]).toBe('the canary is over: going on with the other 8 subtasks (--yes)');
  expect(lines.slice(0, forecast).filter((line) => line.includes(' landed'))).toHaveLength(3);
  expect(run.stdout).toContain('11 subtasks done: 11 landed');
});

test('below its minimum it does not go on, even with --yes', async () => {
  const repository = tenItems('test "$FANFOLD_ITEM_VALUE" != 5');
  const args = ['run', 'fanfold.yml', '--canary', '3', '--yes', '--json', '--canary-minimum'];
  const run = await runFanfold([...args, '0.8'], { folder: repository.folder });
  expect(run.end()).toMatchObject({ status: 'interrupted', exitCode: 1, subtasks: { failed: 2, cancelled: 7 } });
  expect(decisions(run.events())).toMatchObject([{ goesOn: false, by: 'minimum', rest: 7 }]);
  expect(queued(run.events())).toEqual(first);
  const enough = await runFanfold([...args, '0.6', '--force'], { folder: repository.folder });
  expect(decisions(enough.events())).toMatchObject([{ goesOn: true, by: 'option' }]);
  expect(queued(enough.events())).toHaveLength(10);
});

test('a gate that fails in the canary decides the exit code', async () => {
  const repository = tenItems();
  const checks = 'checks: [{ name: few, run: "test ! -e out-10", on: [merged] }]\n';
  repository.commit({ 'fanfold.yml': `${checks}${readFileSync(join(repository.folder, 'fanfold.yml'), 'utf8')}` });
  const run = await runFanfold(['run', 'fanfold.yml', '--canary', '3', '--json'], { folder: repository.folder });
  expect(run.end()).toMatchObject({ status: 'interrupted', exitCode: 3, subtasks: { landed: 2 } });
  expect(forecasts(run.events())).toMatchObject([{ forecast: { judged: 3, passed: 2 } }]);
});

/** A run that waits for an answer from another shell. */
async function startWaiting(repository: TestRepository) {
  const place = { folder: repository.folder };
  const run = startFanfold(['run', 'fanfold.yml', '--canary', '3', '--json', '--attended'], place);
  await until(() => run.stdout().includes('"forecast-end"'), 'the forecast is there');
  const status = await runFanfold(['status', 'tidy'], place);
  expect(status.stdout).toMatch(/waits: shall it go on with the other 8 subtasks\?/);
  expect(status.stdout).toMatch(/Go on {4}fanfold continue tidy-/);
  return { run, place };
}

test('another shell says yes', async () => {
  const repository = tenItems();
  const { run, place } = await startWaiting(repository);
  expect(queued(await journalOf(repository)).length).toBe(3);
  expect(await runFanfold(['continue'], place)).toMatchObject({ exitCode: 0, stderr: '' });
  const result = await run.ended;
  expect(result.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 11 } });
  expect(decisions(result.events())).toMatchObject([{ goesOn: true, by: 'person' }]);
});

test('another shell says no with cancel, and resume goes on without asking again', async () => {
  const repository = tenItems();
  const { run, place } = await startWaiting(repository);
  expect(await runFanfold(['cancel'], place)).toMatchObject({ exitCode: 0 });
  const result = await run.ended;
  expect(result.end()).toMatchObject({ status: 'cancelled', exitCode: 130, subtasks: { landed: 3 } });
  expect(decisions(result.events())).toMatchObject([{ goesOn: false, by: 'person' }]);
  expect((await runFanfold(['resume', '--json'], place)).end()).toMatchObject({
    exitCode: 0,
    subtasks: { landed: 11 },
  });
  expect(leftovers(repository)).toEqual([]);
});

test('Ctrl-C while it waits decides nothing: whoever resumes is asked', async () => {
  const repository = tenItems();
  const { run, place } = await startWaiting(repository);
  run.child.kill('SIGINT');
  const result = await run.ended;
  expect(result.end()).toMatchObject({ status: 'interrupted', exitCode: 130 });
  expect(decisions(result.events())).toEqual([]);
  const resumed = await runFanfold(['resume', '--json', '--yes'], place);
  expect(forecasts(resumed.events())).toHaveLength(1);
  expect(decisions(resumed.events())).toMatchObject([{ goesOn: true, by: 'option' }]);
  expect(resumed.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 11 } });
});

async function journalOf(repository: TestRepository): Promise<FanfoldEvent[]> {
  const logs = await runFanfold(['logs', 'tidy', '--json'], { folder: repository.folder });
  return logs.events();
}

test('a run that was killed in its canary is still in it when it is resumed', async () => {
  const outside = temporaryFolder();
  writeFileSync(join(outside, 'wait'), '');
  const repository = tenItems(
    `echo > ${outside}/started; while [ -e ${outside}/wait ]; do sleep 0.05; done; echo > "out-$FANFOLD_ITEM_VALUE"`,
  );
  const place = { folder: repository.folder };
  const run = startFanfold(['run', 'fanfold.yml', '--canary', '3', '--json'], place);
  await until(() => existsSync(join(outside, 'started')), 'the canary is at work');
  run.child.kill('SIGKILL');
  await run.ended;
  rmSync(join(outside, 'wait'));
  const resumed: FanfoldResult = await runFanfold(['resume', '--json'], place);
  expect(resumed.events().find(({ type }) => type === 'run-start')).toMatchObject({ canary: { subtasks: first } });
  expect(new Set(queued(resumed.events()))).toEqual(new Set(first));
  expect(decisions(resumed.events())).toMatchObject([{ goesOn: false, by: 'nobody' }]);
  expect(resumed.end()).toMatchObject({ status: 'interrupted', exitCode: 1, subtasks: { landed: 3 } });
  expect((await runFanfold(['resume', '--json'], place)).end()).toMatchObject({
    exitCode: 0,
    subtasks: { landed: 11 },
  });
  expect(leftovers(repository)).toEqual([]);
});

test('a canary that would be everything is none, and impossible ones are refused', async () => {
  const repository = tenItems();
  const place = { folder: repository.folder };
  const all = await runFanfold(['run', 'fanfold.yml', '--canary', '11', '--json'], place);
  expect(all.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 11 } });
  expect(all.stdout).toContain('A canary of 11 would be all of these 11 subtasks');
  expect(forecasts(all.events())).toEqual([]);
  for (const wrong of [
    ['--canary', '0'],
    ['--canary', 'x'],
    ['--canary', '2', '--canary-minimum', '80'],
  ]) {
    const refused = await runFanfold(['run', 'fanfold.yml', ...wrong], place);
    expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
    expect(refused.stderr).toMatch(/^fanfold: .*\nnext: /);
  }
  const shown = await runFanfold(['run', 'fanfold.yml', '--canary', '3', '--dry-run'], place);
  expect(shown.stdout).toMatch(/\ncanary of 3 first: tidy-1, tidy-5, tidy-10\n$/);
});

test('a paused canary stays paused, and status says so', async () => {
  const outside = temporaryFolder();
  writeFileSync(join(outside, 'wait'), '');
  const repository = tenItems(`while [ -e ${outside}/wait ]; do sleep 0.05; done`);
  const place = { folder: repository.folder };
  const run = startFanfold(['run', 'fanfold.yml', '--canary', '3', '--yes', '--json'], place);
  await until(() => run.stdout().includes('"subtask-start"'), 'the canary is at work');
  expect((await runFanfold(['pause'], place)).exitCode).toBe(0);
  expect((await runFanfold(['status', 'tidy'], place)).stdout).toMatch(/paused: nothing more is started/);
  expect((await runFanfold(['status'], place)).stdout).toMatch(/ paused /);
  rmSync(join(outside, 'wait'));
  await until(
    async () => (await journalOf(repository)).filter(({ type }) => type === 'subtask-end').length === 2,
    'two ended',
  );
  expect(forecasts(await journalOf(repository))).toEqual([]);
  expect((await runFanfold(['continue'], place)).exitCode).toBe(0);
  const result = await run.ended;
  expect(result.end()).toMatchObject({ exitCode: 0 });
  expect(decisions(result.events())).toMatchObject([{ goesOn: true, by: 'option' }]);
});

test('agents tell what the others will cost, and whether the budget holds', async () => {
  await using api = await createSimulatedApi({
    script: (_request, { turn }) =>
      turn === 0
        ? { content: [{ type: 'tool_use', name: 'Glob', input: { pattern: '*' } }] }
        : { content: [{ type: 'text', text: 'Read.' }] },
  });
  const repository = temporaryRepository({
    'items.txt': '1\n2\n3\n4\n5\n6\n',
    'fanfold.yml': `version: 1
name: read
defaults: { workspace: none }
budget: { tokens: 1000000 }
subtasks:
  - { id: "read-\${{ item.value }}", forEach: { lines: items.txt }, prompt: "Read \${{ item.value }}." }
`,
  });
  const place = { folder: repository.folder, environment: api.environment };
  const run = await runFanfold(['run', 'fanfold.yml', '--canary', '3', '--yes', '--json'], place);
  expect(run.end(), run.stderr).toMatchObject({ exitCode: 0, subtasks: { landed: 6 } });
  const [{ forecast }] = forecasts(run.events()) as [ForecastEnd];
  expect(forecast.tokens?.value).toBeGreaterThan(0);
  expect(forecast.usd?.value).toBeGreaterThan(0);
  expect(forecast.tokens?.high).toBeGreaterThanOrEqual(forecast.tokens?.value ?? 0);
  expect(forecast.budget).toMatchObject([{ limit: 'tokens', verdict: 'fits' }]);
  const { canary } = JSON.parse(reportOf(repository, 'report.json'));
  expect(canary.actual.tokens).toBeGreaterThan(0);
  expect(reportOf(repository, 'report.md')).toMatch(/\| cost \| \$[\d.]+ \(\$[\d.]+ to \$[\d.]+\) \| \$[\d.]+ \|/);
});

test('a worker of another process works in the canary, waits with the run, and goes on with it', async () => {
  const item = markAndWaitFor('any', 'go');
  const subtasks = ['a', 'b', 'c', 'd'].map((id) => `  - { id: ${id}, run: '${item}; echo ${id} > ${id}' }`);
  const text = `version: 1\nname: tidy\nsubtasks:\n${subtasks.join('\n')}\n`;
  const { repository, run, startWorker, workersOf, make } = startSharedRun(text, '--canary', '2', '--attended');
  await until(() => workersOf('any').length === 1, 'its own thread is at work');
  const worker = startWorker();
  await until(() => new Set(workersOf('any')).size === 2, 'the other process is at work too');
  make('go');
  await until(() => run.stdout().includes('"forecast-end"'), 'the forecast is there');
  expect(run.stdout()).toMatch(/"forecast-end".*"concurrency":2/);
  expect((await runFanfold(['continue'], { folder: repository.folder })).exitCode).toBe(0);
  expect((await run.ended).end()).toMatchObject({ exitCode: 0, subtasks: { landed: 4 } });
  expect((await worker.ended).exitCode).toBe(0);
  expect(leftovers(repository)).toEqual([]);
});

test('gone on with after a kill, a canary whose work was done tells how long it took', async () => {
  const marks = temporaryFolder();
  const [busy, go] = [join(marks, 'busy'), join(marks, 'go')];
  const gate = `echo >> ${busy}; for i in $(seq 600); do [ ! -e ${go} ] || exit 0; sleep 0.1; done; exit 1`;
  const repository = temporaryRepository({
    'fanfold.yml': `version: 1
name: tidy
checks: [{ name: slow, run: '${gate}', on: [merged] }]
subtasks:
  - id: tidy-\${{ item.value }}
    forEach: { lines: items.txt }
    run: 'sleep 1; echo x > out-\${{ item.value }}'
`,
    'items.txt': '1\n2\n3\n4\n5\n6\n',
  });
  const { folder } = repository;
  const run = startFanfold(['run', 'fanfold.yml', '--canary', '3', '--json'], { folder });
  await until(() => existsSync(busy) && run.stdout().split('"type":"attempt-end"').length === 4, 'all are done');
  run.child.kill('SIGKILL');
  await run.ended;
  writeFileSync(go, '');
  const resumed = await runFanfold(['resume', '--json'], { folder });
  const [forecast] = forecasts(resumed.events());
  expect(forecast?.forecast.groups).toMatchObject([{ samples: 3, rest: 3, durationMs: expect.any(Number) }]);
  expect(forecast?.forecast.groups[0]?.durationMs).toBeGreaterThan(1_000);
}, 120_000);

test('what judges on the merged tree take is a part of what the others will cost', async () => {
  const judge = {
    content: [{ type: 'tool_use' as const, name: 'submit_result', input: { score: 0.9, evidence: 'ok' } }],
  };
  await using api = await createSimulatedApi({
    script(request, { turn, firstUserText }) {
      if (JSON.stringify(request.system).includes('You judge a piece of work')) return judge;
      const file = /file (\w+)/.exec(firstUserText)?.[1];
      return turn === 0
        ? { content: [{ type: 'tool_use', name: 'Bash', input: { command: `echo x > ${file}.txt` } }] }
        : { content: [{ type: 'text', text: 'Done.' }] };
    },
  });
  const repository = temporaryRepository({
    'fanfold.yml': `version: 1
name: tidy
permissions: { mode: bypassPermissions }
checks: [{ name: quality, judge: { rubric: It is good. }, on: [merged] }]
subtasks:
  - { id: "write-\${{ item.value }}", forEach: { lines: items.txt }, prompt: "Write the file \${{ item.value }}." }
`,
    'items.txt': 'a\nb\nc\nd\ne\nf\n',
  });
  const place = { folder: repository.folder, environment: api.environment };
  const run = await runFanfold(['run', 'fanfold.yml', '--canary', '3', '--json'], place);
  const gates = run.events().flatMap((event) => (event.type === 'gate-end' ? [event.usage?.usd ?? 0] : []));
  expect(gates.length).toBeGreaterThan(0);
  const [forecast] = forecasts(run.events());
  // All that was used so far is of the canary; the other three will take as much.
  expect(forecast?.forecast.usd?.value).toBeCloseTo(run.end().usage.usd, 6);
  expect(forecast?.forecast.tokens?.value).toBeCloseTo(totalTokens(run.end().usage), 3);
}, 120_000);
