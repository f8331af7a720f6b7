import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AttemptEnd, FanfoldEvent } from '../../tasks/index.ts';
import { createSimulatedApi, type Script } from '../simulated-api/server.js';
import { leftovers } from '../support/leftovers.ts';
import { runFanfold, startFanfold, until } from '../support/run-fanfold.ts';
import { temporaryRepository } from '../support/temporary-repository.ts';

const bash = (command: string) => ({ type: 'tool_use' as const, name: 'Bash', input: { command } });
const done = { content: [{ type: 'text' as const, text: 'Done.' }] };

/**
 * Two subtasks that are right each for itself: together they name more than one colour. `late` waits until the other
 * has landed, so that it is the guilty one.
 */
const files = {
  'fanfold.yml': `version: 1
name: colours
concurrency: 2
permissions: { mode: bypassPermissions }
checks:
  - { name: one-colour, run: "ls colours; [ $(cat colours/* 2>/dev/null | sort -u | wc -l) -le 1 ]", on: [merged] }
subtasks:
  - { id: early, prompt: "subject=early; Choose a colour.", writes: ["colours/early.txt"] }
  - { id: late, prompt: "subject=late; Choose a colour.", writes: ["colours/late.txt"] }
`,
};

/** `late` chooses another colour, and once it is sent back the one that it then sees. */
function colours({ onMend = () => 0 }: { onMend?: () => number } = {}): Script {
  return (_, { turn, firstUserText }) => {
    const isLate = firstUserText.includes('subject=late');
    if (turn === 0) {
      const choose = isLate ? 'echo blue > colours/late.txt' : 'echo red > colours/early.txt';
      return { content: [bash(`mkdir -p colours && ${choose}`)], latencyMs: isLate ? 1_500 : 0 };
    }
    if (turn === 2) return { content: [bash('cp colours/early.txt colours/late.txt')], latencyMs: onMend() };
    return done;
  };
}

function eventsOf<Type extends FanfoldEvent['type']>(events: readonly FanfoldEvent[], type: Type) {
  return events.filter((event): event is FanfoldEvent & { type: Type } => event.type === type);
}

test('work that fails a gate once it is merged goes back to its agent, onto the newest state, and lands', async () => {
  await using api = await createSimulatedApi({ script: colours() });
  const repository = temporaryRepository(files);
  const run = await runFanfold(['run', 'fanfold.yml', '--json'], {
    folder: repository.folder,
    environment: api.environment,
  });
  expect(run.end()).toMatchObject({ exitCode: 0, subtasks: { total: 2, landed: 2 } });
  api.assertFinished();
  expect(api.requests).toHaveLength(6);
  const told = JSON.stringify(api.requests[4]?.body);
  expect(told).toContain('with your work merged into the newest state of the branch these checks fail');
  expect(told).toContain('# one-colour: exit code 1');
  expect(told).toContain('> early.txt');
  expect(repository.read('fanfold/colours', 'colours/late.txt')).toBe('red\n');
  const queued = eventsOf(run.events(), 'subtask-queue').filter(({ subtask }) => subtask === 'late');
  expect(queued).toMatchObject([
    { attempt: 1 },
    { attempt: 2, continues: { attempt: 1 }, repair: { round: 1, checks: [{ name: 'one-colour' }] } },
  ]);
  const ends = eventsOf(run.events(), 'attempt-end').filter(({ subtask }) => subtask === 'late');
  expect(ends.map(({ repairs, retry }: AttemptEnd) => [repairs, retry])).toEqual([
    [undefined, false],
    [1, false],
  ]);
  expect(repository.git('for-each-ref', '--format=%(refname)', 'refs/heads/fanfold-kept')).toBe('');
  const report = readFileSync(join(run.end().folder, 'report.md'), 'utf8');
  expect(report).toContain('## Sent back to their agents');
  const status = await runFanfold(['status', run.end().run], { folder: repository.folder });
  expect(status.stdout).toMatch(/late\s+sent back 1 time/);
  expect(leftovers(repository)).toEqual([]);
});

test('killed while its agent mends, the run goes on with the same round and pays for nothing twice', async () => {
  const hold = { once: true };
  const onMend = (): number => (hold.once ? 60_000 : 0);
  await using api = await createSimulatedApi({ script: colours({ onMend }) });
  const repository = temporaryRepository(files);
  const place = { folder: repository.folder, environment: api.environment };
  const first = startFanfold(['run', 'fanfold.yml', '--json'], place);
  await until(() => api.requests.length === 5, 'it is told');
  first.child.kill('SIGKILL');
  await first.ended;
  hold.once = false;
  const second = await runFanfold(['resume', '--json'], place);
  expect(second.end()).toMatchObject({ exitCode: 0, subtasks: { total: 2, landed: 2 } });
  // The request that was cut off is asked again, and the answer after it.
  expect(api.requests).toHaveLength(7);
  expect(repository.read('fanfold/colours', 'colours/late.txt')).toBe('red\n');
  const journal = await runFanfold(['logs', second.end().run, '--json'], place);
  const ends = eventsOf(journal.events(), 'attempt-end').filter(({ subtask }) => subtask === 'late');
  expect(ends.map(({ repairs }) => repairs)).toEqual([undefined, 1]);
  expect(leftovers(repository)).toEqual([]);
});

test('killed between the gate and the word to the agent, the gate is asked again and the agent told once', async () => {
  await using api = await createSimulatedApi({ script: colours() });
  const slow = files['fanfold.yml'].replace('ls colours;', 'ls colours; [ ! -e colours/late.txt ] || sleep 3;');
  const repository = temporaryRepository({ 'fanfold.yml': slow });
  const place = { folder: repository.folder, environment: api.environment };
  const first = startFanfold(['run', 'fanfold.yml', '--json'], place);
  await until(() => /"type":"attempt-end"[^\n]*"subtask":"late"/.test(first.stdout()), 'its agent is done');
  first.child.kill('SIGKILL');
  await first.ended;
  expect(api.requests).toHaveLength(4);
  const second = await runFanfold(['resume', '--json'], place);
  expect(second.end()).toMatchObject({ exitCode: 0, subtasks: { total: 2, landed: 2 } });
  expect(api.requests).toHaveLength(6);
  expect(leftovers(repository)).toEqual([]);
});

test('a run that is told to end sends nothing back; resumed it does, and leaves no branch of the first try', async () => {
  await using api = await createSimulatedApi({ script: colours() });
  const slow = files['fanfold.yml'].replace('ls colours;', 'ls colours; [ ! -e colours/late.txt ] || sleep 3;');
  const repository = temporaryRepository({ 'fanfold.yml': slow });
  const place = { folder: repository.folder, environment: api.environment };
  const first = startFanfold(['run', 'fanfold.yml', '--json'], place);
  await until(() => /"type":"attempt-end"[^\n]*"subtask":"late"/.test(first.stdout()), 'its agent is done');
  first.child.kill('SIGINT');
  const end = (await first.ended).end();
  expect(end).toMatchObject({ exitCode: 130, subtasks: { landed: 1, cancelled: 1 } });
  expect(api.requests).toHaveLength(4);
  const kept = () => repository.git('for-each-ref', '--format=%(refname)', 'refs/heads/fanfold-kept');
  expect(kept()).toMatch(/\/late$/);
  const second = await runFanfold(['resume', '--json'], place);
  expect(second.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 2 } });
  expect(api.requests).toHaveLength(6);
  expect(kept()).toBe('');
  expect(leftovers(repository)).toEqual([]);
});

test('without a round left the gate decides, and the work is kept', async () => {
  await using api = await createSimulatedApi({ script: colours() });
  const repository = temporaryRepository({
    'fanfold.yml': files['fanfold.yml'].replace('concurrency: 2', 'concurrency: 2\ndefaults: { repairs: 0 }'),
  });
  const run = await runFanfold(['run', 'fanfold.yml', '--json'], {
    folder: repository.folder,
    environment: api.environment,
  });
  expect(run.end()).toMatchObject({ exitCode: 3, subtasks: { landed: 1, failed: 1 } });
  expect(api.requests).toHaveLength(4);
  expect(repository.git('for-each-ref', '--format=%(refname)', 'refs/heads/fanfold-kept')).toMatch(/\/late$/);
});

test('of three candidates the one that passes lands, and report, status and logs tell how each did', async () => {
  let asked = 0;
  await using api = await createSimulatedApi({
    script(_, { turn }) {
      if (turn > 0) return done;
      asked += 1;
      return { content: [bash(`echo ${asked} > number.txt`)] };
    },
  });
  const repository = temporaryRepository({
    'fanfold.yml': `version: 1
name: pick
permissions: { mode: bypassPermissions }
subtasks:
  - id: number
    prompt: Think of a number.
    candidates: 3
    repairs: 0
    checks: [{ name: is-two, run: "test ! -e number.txt || grep -q 2 number.txt" }]
`,
  });
  const place = { folder: repository.folder, environment: api.environment };
  const run = await runFanfold(['run', 'fanfold.yml', '--json'], place);
  expect(run.end()).toMatchObject({ exitCode: 0, subtasks: { total: 1, landed: 1 } });
  expect(repository.read('fanfold/pick', 'number.txt')).toBe('2\n');
  expect(api.requests).toHaveLength(6);
  const [end] = eventsOf(run.events(), 'attempt-end');
  expect(end?.candidates).toHaveLength(3);
  expect(end?.candidates?.filter(({ passed }) => passed).map(({ number }) => number)).toEqual([end?.candidate]);
  const report = JSON.parse(readFileSync(join(run.end().folder, 'report.json'), 'utf8'));
  expect(report.results[0]).toMatchObject({ candidate: end?.candidate, candidates: end?.candidates });
  expect(readFileSync(join(run.end().folder, 'report.md'), 'utf8')).toMatch(
    /\| `number` \| \d \*\*\(chosen\)\*\* \| passed/,
  );
  const status = await runFanfold(['status', run.end().run], place);
  expect(status.stdout).toMatch(new RegExp(`number  candidate ${end?.candidate} of 3 \\(1: `));
  const logs = await runFanfold(['logs', run.end().run, 'number'], place);
  for (const candidate of [1, 2, 3]) expect(logs.stdout).toContain(`/1/candidate-${candidate}/transcript.jsonl`);
  const cache = await runFanfold(['logs', run.end().run, '--cache', '--json'], place);
  expect(JSON.parse(cache.stdout).models[0]).toMatchObject({ requests: 6 });
  expect(leftovers(repository)).toEqual([]);
});

test('a recording keeps candidates and repair rounds apart', async () => {
  let asked = 0;
  await using api = await createSimulatedApi({
    script(_, { turn }) {
      if (turn % 2 === 1) return done;
      asked += 1;
      return { content: [bash(`echo ${asked} > number.txt`)] };
    },
  });
  const repository = temporaryRepository({
    'fanfold.yml': `version: 1
name: pick
permissions: { mode: bypassPermissions }
subtasks:
  - id: number
    prompt: Think of a number.
    candidates: 3
    repairs: 1
    checks: [{ name: is-two, run: "test ! -e number.txt || grep -q 2 number.txt" }]
`,
  });
  const place = { folder: repository.folder, environment: api.environment };
  const first = await runFanfold(['run', 'fanfold.yml', '--json', '--record', 'turns.jsonl'], place);
  expect(first.end()).toMatchObject({ exitCode: 0 });
  expect(api.requests).toHaveLength(10);
  const replay = ['run', 'fanfold.yml', '--json', '--model', 'replay:turns.jsonl', '--into', 'fanfold/again'];
  const second = await runFanfold(replay, { folder: repository.folder });
  expect(second.end()).toMatchObject({ exitCode: 0 });
  const ends = [first, second].map((run) => eventsOf(run.events(), 'attempt-end')[0]);
  const passed = ends.map((end) => end?.candidates?.map((one) => [one.number, one.passed, one.repairs]));
  expect(passed[1]).toEqual(passed[0]);
  expect(ends[1]?.candidate).toBe(ends[0]?.candidate);
  expect(api.requests).toHaveLength(10);
});
