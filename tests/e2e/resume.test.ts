import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createSimulatedApi } from '../simulated-api/server.js';
import { folderLeftovers, leftovers } from '../support/leftovers.ts';
import { runFanfold, startFanfold, until } from '../support/run-fanfold.ts';
import { type TestRepository, temporaryFolder, temporaryRepository } from '../support/temporary-repository.ts';

const waiting = `version: 1
name: long
concurrency: 2
subtasks:
  - { id: quick, run: "echo quick > quick", writes: [quick] }
  - { id: a, needs: [quick], run: "touch $FOLDER/started; while [ -e $FOLDER/wait ]; do sleep 0.05; done; echo a > a" }
  - { id: b, needs: [a], run: "cat a quick > b" }
`;

/** A run whose second subtask waits for the file `wait` to go. */
async function startWaiting() {
  const outside = temporaryFolder();
  writeFileSync(join(outside, 'wait'), '');
  const repository = temporaryRepository({ 'fanfold.yml': waiting.replaceAll('$FOLDER', outside) });
  const run = startFanfold(['run', 'fanfold.yml', '--json'], { folder: repository.folder });
  await until(() => existsSync(join(outside, 'started')), 'the second subtask is at work');
  const goOn = () => rmSync(join(outside, 'wait'));
  return { repository, run, goOn, startedAgain: () => rmSync(join(outside, 'started')) };
}

function runOf({ folder }: TestRepository): string {
  const [run = ''] = readdirSync(join(folder, '.fanfold/runs'));
  return run;
}

test('a run that was killed is gone on with: what had landed is not done again', async () => {
  const { repository, run, goOn } = await startWaiting();
  run.child.kill('SIGKILL');
  await run.ended;
  const dead = await runFanfold(['status', runOf(repository)], { folder: repository.folder });
  expect(dead.stdout).toContain(`fanfold resume ${runOf(repository)}`);
  goOn();
  const resumed = await runFanfold(['resume', '--json'], { folder: repository.folder });
  expect(resumed.stderr).toBe('');
  expect(resumed.end()).toMatchObject({ run: runOf(repository), exitCode: 0, subtasks: { total: 3, landed: 3 } });
  const handedOut = resumed.events().flatMap((event) => (event.type === 'subtask-queue' ? [event.subtask] : []));
  expect(handedOut).toEqual(['a', 'b']);
  expect(repository.read('fanfold/long', 'b')).toBe('a\nquick\n');
  expect(repository.git('log', '--merges', '--format=%s', 'main..fanfold/long').split('\n').sort()).toEqual([
    'Merge a',
    'Merge b',
    'Merge quick',
  ]);
  expect(leftovers(repository)).toEqual([]);

  const again = await runFanfold(['resume', runOf(repository)], { folder: repository.folder });
  expect(again).toMatchObject({ exitCode: 0, stderr: '' });
  expect(again.stdout).toContain('Nothing is left to do');
  const none = await runFanfold(['resume'], { folder: repository.folder });
  expect(none.exitCode).toBe(2);
  expect(none.stderr).toContain('no run to go on with');
});

test('while a coordinator works on a run, also a suspended one, a second is refused', async () => {
  const { repository, run, goOn } = await startWaiting();
  const id = runOf(repository);
  const second = await runFanfold(['resume', id], { folder: repository.folder });
  expect(second.exitCode).toBe(6);
  expect(second.stderr).toContain('is at work already');
  run.child.kill('SIGSTOP');
  const third = await runFanfold(['resume', id], { folder: repository.folder });
  expect(third.stderr).toContain('is at work already');
  run.child.kill('SIGCONT');
  goOn();
  expect((await run.ended).end()).toMatchObject({ exitCode: 0, subtasks: { landed: 3 } });
});

test('after Ctrl-C, twice, the report names the command that goes on', async () => {
  const { repository, run, goOn } = await startWaiting();
  run.child.kill('SIGINT');
  await until(() => run.stderr().includes('again to stop'), 'the first is taken');
  run.child.kill('SIGINT');
  expect((await run.ended).end()).toMatchObject({ exitCode: 130, subtasks: { landed: 1, cancelled: 2 } });
  const report = readFileSync(join(repository.folder, '.fanfold/runs', runOf(repository), 'report.md'), 'utf8');
  expect(report).toContain(`fanfold resume ${runOf(repository)}`);
  goOn();
  const resumed = await runFanfold(['resume'], { folder: repository.folder });
  expect(resumed.stdout).toContain('3 subtasks done: 3 landed');
  expect(resumed.exitCode).toBe(0);
  expect(leftovers(repository)).toEqual([]);
});

test('what failed is tried again with --failed, together with what needed it', async () => {
  const outside = temporaryFolder();
  const repository = temporaryRepository({
    'fanfold.yml': `version: 1
name: flaky
subtasks:
  - { id: good, run: "echo good > good" }
  - { id: bad, run: "test -e ${outside}/mended && echo bad > bad" }
  - { id: after, needs: [bad], run: "cp bad after" }
`,
  });
  const place = { folder: repository.folder };
  const first = await runFanfold(['run', 'fanfold.yml', '--json'], place);
  expect(first.end()).toMatchObject({ exitCode: 1, subtasks: { landed: 1, failed: 2 } });
  const refused = await runFanfold(['resume'], place);
  expect(refused).toMatchObject({ exitCode: 2 });
  expect(refused.stderr).toContain('--failed');
  writeFileSync(join(outside, 'mended'), '');
  const second = await runFanfold(['resume', '--failed', '--json'], place);
  expect(second.end()).toMatchObject({ exitCode: 0, subtasks: { total: 3, landed: 3 } });
  expect(second.events().filter(({ type }) => type === 'subtask-end')).toHaveLength(2);
  expect(leftovers(repository)).toEqual([]);
});

test('an agent whose coordinator is killed goes on with its conversation and its files', async () => {
  let asked = 0;
  await using api = await createSimulatedApi({
    async script(_request, { turn, toolResults }) {
      asked += 1;
      if (turn === 0)
        return { content: [{ type: 'tool_use', name: 'Write', input: { file_path: 'one', content: '1\n' } }] };
      if (turn === 1) {
        return {
          // Nothing comes of it before the coordinator is gone.
          ...(asked === 2 ? { latencyMs: 60_000 } : {}),
          content: [{ type: 'tool_use', name: 'Bash', input: { command: 'cat one one > two' } }],
        };
      }
      return { content: [{ type: 'text', text: `Wrote both: ${toolResults[0]?.isError}` }] };
    },
  });
  const repository = temporaryRepository({
    'fanfold.yml': `version: 1
name: agent
subtasks:
  - { id: writer, prompt: Write two files, permissions: { mode: bypassPermissions } }
`,
  });
  const place = { folder: repository.folder, environment: api.environment };
  const run = startFanfold(['run', 'fanfold.yml', '--json'], place);
  await until(() => asked === 2, 'the second turn is asked for');
  run.child.kill('SIGKILL');
  await run.ended;
  const resumed = await runFanfold(['resume', '--json'], place);
  expect(resumed.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 1 } });
  expect(asked).toBe(4);
  expect(repository.read('fanfold/agent', 'two')).toBe('1\n1\n');
  // What the first session used is paid for, and counted.
  expect(resumed.end().usage.outputTokens).toBeGreaterThan(0);
  expect(leftovers(repository)).toEqual([]);
});

test('an agent in a copy goes on with its files after Ctrl-C, twice', async () => {
  const asked: number[] = [];
  await using api = await createSimulatedApi({
    script(_request, { turn }) {
      asked.push(turn);
      if (turn < 2)
        return { content: [{ type: 'tool_use', name: 'Write', input: { file_path: `file-${turn}`, content: '1\n' } }] };
      // The first time nothing comes of it before the run has ended.
      return { ...(asked.length === 3 ? { latencyMs: 60_000 } : {}), content: [{ type: 'text', text: 'Done.' }] };
    },
  });
  const folder = temporaryFolder();
  const taskFile = `version: 1
name: copies
defaults: { workspace: copy }
subtasks:
  - { id: writer, prompt: Write two files, permissions: { mode: bypassPermissions } }
`;
  writeFileSync(join(folder, 'fanfold.yml'), taskFile);
  const place = { folder, environment: api.environment };
  const run = startFanfold(['run', 'fanfold.yml', '--json'], place);
  await until(() => asked.length === 3, 'the third turn is asked for');
  run.child.kill('SIGINT');
  await until(() => run.stderr().includes('again to stop'), 'the first is taken');
  run.child.kill('SIGINT');
  expect((await run.ended).end()).toMatchObject({ exitCode: 130, subtasks: { cancelled: 1 } });
  const resumed = await runFanfold(['resume', '--json'], place);
  expect(resumed.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 1 } });
  expect(asked).toEqual([0, 1, 2, 2]);
  expect(['file-0', 'file-1'].map((name) => readFileSync(join(folder, name), 'utf8'))).toEqual(['1\n', '1\n']);
  expect(folderLeftovers(folder)).toEqual([]);
});

test('a command that works in the folder itself begins again in what it left, and resume says so', async () => {
  const folder = temporaryFolder();
  const outside = temporaryFolder();
  const taskFile = `version: 1
name: in-place
defaults: { workspace: none }
subtasks:
  - { id: first, run: "true" }
  - { id: log, needs: [first], run: "echo line >> log.txt; test -e ${outside}/again || { touch ${outside}/again; sleep 60; }" }
`;
  writeFileSync(join(folder, 'fanfold.yml'), taskFile);
  const run = startFanfold(['run', 'fanfold.yml', '--json'], { folder });
  await until(() => existsSync(join(outside, 'again')), 'the command is at work');
  run.child.kill('SIGKILL');
  await run.ended;
  const resumed = await runFanfold(['resume', '--json'], { folder });
  expect(resumed.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 2 } });
  expect(readFileSync(join(folder, 'log.txt'), 'utf8')).toBe('line\nline\n');
  const notices = resumed.events().flatMap((event) => (event.type === 'notice' ? [event.message] : []));
  expect(notices).toContainEqual(expect.stringMatching(/^Interrupted while working in the folder itself: log\. /));
});

test('outputs that were accepted before the kill are in results.jsonl once', async () => {
  const folder = temporaryFolder();
  await using api = await createSimulatedApi({
    script(_request, { firstUserText }) {
      const [, name = ''] = /subject=(\w+);/.exec(firstUserText) ?? [];
      return {
        ...(name === 'c' && !existsSync(join(folder, 'go-on')) ? { latencyMs: 60_000 } : {}),
        content: [{ type: 'tool_use', name: 'submit_result', input: { name } }],
      };
    },
  });
  writeFileSync(
    join(folder, 'fanfold.yml'),
    `version: 1
name: batch
concurrency: 1
defaults: { workspace: none }
subtasks:
  - id: item-\${{ item.value }}
    forEach: { lines: names.txt }
    prompt: "Say the name. subject=\${{ item.value }};"
    output: { schema: { type: object, properties: { name: { type: string } }, required: [name] } }
`,
  );
  writeFileSync(join(folder, 'names.txt'), 'a\nb\nc\n');
  const place = { folder, environment: api.environment };
  const run = startFanfold(['run', 'fanfold.yml', '--json'], place);
  await until(() => run.stdout().split('"subtask-end"').length === 3, 'two have ended');
  run.child.kill('SIGKILL');
  await run.ended;
  const [id = ''] = readdirSync(join(folder, '.fanfold/runs'));
  const results = join(folder, '.fanfold/runs', id, 'results.jsonl');
  // As a crash in the middle of a line leaves it.
  writeFileSync(results, readFileSync(results, 'utf8').slice(0, -5));
  writeFileSync(join(folder, 'go-on'), '');
  const resumed = await runFanfold(['resume', '--json'], place);
  expect(resumed.end()).toMatchObject({ exitCode: 0, subtasks: { total: 3, landed: 3 } });
  const lines = readFileSync(results, 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).output.name).sort()).toEqual(['a', 'b', 'c']);
  expect(folderLeftovers(folder)).toEqual([]);
});

test('a used-up budget must be raised before the run goes on', async () => {
  await using api = await createSimulatedApi({ script: () => ({ content: [{ type: 'text', text: 'Said.' }] }) });
  const folder = temporaryFolder();
  writeFileSync(
    join(folder, 'fanfold.yml'),
    `version: 1
name: dear
concurrency: 1
budget: { tokens: 10 }
defaults: { workspace: none }
subtasks:
  - { id: one, prompt: Say a word }
  - { id: two, prompt: Say a word more }
`,
  );
  const place = { folder, environment: api.environment };
  const first = await runFanfold(['run', 'fanfold.yml', '--json'], place);
  expect(first.exitCode).toBe(5);
  const refused = await runFanfold(['resume'], place);
  expect(refused.exitCode).toBe(5);
  expect(refused.stderr).toContain('--tokens');
  const raised = await runFanfold(['resume', '--tokens', '1000000', '--json'], place);
  expect(raised.end()).toMatchObject({ exitCode: 0, subtasks: { total: 2, landed: 2 } });
});

test('a run that is no run, and one whose branch was moved away, are refused with what to do', async () => {
  const { repository, run, goOn } = await startWaiting();
  run.child.kill('SIGKILL');
  await run.ended;
  goOn();
  const unknown = await runFanfold(['resume', 'nothing-like-it'], { folder: repository.folder });
  expect(unknown.exitCode).toBe(2);
  expect(unknown.stderr).toContain('There is no run');
  const landed = repository.git('rev-parse', 'fanfold/long');
  repository.git('branch', '--force', 'fanfold/long', repository.git('commit-tree', 'main^{tree}', '-m', 'other'));
  const moved = await runFanfold(['resume'], { folder: repository.folder });
  expect(moved.exitCode).toBe(2);
  expect(moved.stderr).toContain('is not where the run left it');
  repository.git('branch', '--force', 'fanfold/long', landed);
  const resumed = await runFanfold(['resume', '--json'], { folder: repository.folder });
  expect(resumed.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 3 } });
});

test('what a person commits to the branch that keeps the work of a subtask stays', async () => {
  const { repository, run, goOn } = await startWaiting();
  const stop = async (running: typeof run) => {
    running.child.kill('SIGINT');
    await until(() => running.stderr().includes('again to stop'), 'the first is taken');
    running.child.kill('SIGINT');
    return (await running.ended).end();
  };
  await stop(run);
  const kept = `fanfold-kept/${runOf(repository)}/a`;
  // The command had written nothing: as if it had, and somebody looked after it.
  const theirs = repository.git('commit-tree', 'main^{tree}', '-p', 'main', '-m', 'by hand');
  repository.git('branch', kept, theirs);
  goOn();
  const resumed = await runFanfold(['resume', '--json'], { folder: repository.folder });
  expect(resumed.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 3 } });
  expect(repository.git('rev-parse', kept)).toBe(theirs);
});

test('work that only a checked-out branch kept from landing is landed by resume, without asking the model again', async () => {
  let asked = 0;
  await using api = await createSimulatedApi({
    script(_request, { turn }) {
      asked += 1;
      const input = { file_path: `file-${asked}`, content: 'x' };
      return { content: turn === 0 ? [{ type: 'tool_use', name: 'Write', input }] : [{ type: 'text', text: 'Done.' }] };
    },
  });
  const repository = temporaryRepository({
    'fanfold.yml': `version: 1
name: held
concurrency: 1
subtasks:
  - { id: first, run: "echo 1 > first" }
  - { id: second, needs: [first], prompt: Write a file, permissions: { mode: bypassPermissions } }
`,
  });
  const place = { folder: repository.folder, environment: api.environment };
  const run = startFanfold(['run', 'fanfold.yml', '--json'], place);
  await until(() => run.stdout().includes('"landed":["first"]'), 'the first has landed');
  repository.git('checkout', '--quiet', '--force', 'fanfold/held');
  const held = (await run.ended).end();
  expect(held).toMatchObject({ exitCode: 1, subtasks: { landed: 1, cancelled: 1 } });
  repository.git('checkout', '--quiet', '--force', 'main');
  const before = asked;
  const resumed = await runFanfold(['resume', '--json'], place);
  expect(resumed.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 2 } });
  expect(asked).toBe(before);
  expect(leftovers(repository)).toEqual([]);
});

test('an order that a dead coordinator never read is not obeyed by the one that takes the run up', async () => {
  const { repository, run, goOn } = await startWaiting();
  run.child.kill('SIGSTOP');
  const cancelling = startFanfold(['cancel', runOf(repository)], { folder: repository.folder });
  const box = join(repository.folder, '.fanfold/runs', runOf(repository), 'mailbox/coordinator');
  const waiting = () => readdirSync(box, { recursive: true }).some((name) => String(name).includes('cancel-'));
  await until(waiting, 'the order is in the box');
  run.child.kill('SIGKILL');
  await run.ended;
  await cancelling.ended;
  goOn();
  const resumed = await runFanfold(['resume', '--json'], { folder: repository.folder });
  expect(resumed.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 3 } });
});
