import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Assignment, type Envelope, type Mailbox, openMailbox } from '../../ipc/index.ts';
import { createSimulatedApi } from '../simulated-api/server.js';
import { eventsOf } from '../support/outside-workers.ts';
import { runFanfold, startFanfold, until } from '../support/run-fanfold.ts';
import { temporaryFolder, temporaryRepository } from '../support/temporary-repository.ts';

function runFolderIn(folder: string): string {
  const [run = ''] = readdirSync(join(folder, '.fanfold/runs'));
  return join(folder, '.fanfold/runs', run);
}

test('an agent that may not run commands can neither see nor forge the orders of its run', async () => {
  const repository = temporaryRepository({
    'fanfold.yml': `version: 1
name: look
subtasks:
  - { id: agent, prompt: Look around, workspace: none, permissions: { mode: acceptEdits } }
`,
    'notes.txt': 'assignment\n',
  });
  const { folder } = repository;
  symlinkSync('.fanfold', join(folder, 'shortcut'));
  const proof = join(temporaryFolder(), 'ran');
  const answers: { isError: boolean; text: string }[] = [];
  let forged = '';
  await using api = await createSimulatedApi({
    script(_request, { turn, toolResults }) {
      answers.push(...toolResults.map(({ isError, text }) => ({ isError, text })));
      if (turn > 0) return { content: [{ type: 'text', text: 'Looked.' }] };
      const root = runFolderIn(folder);
      const workers = join(root, 'mailbox/workers');
      const [taken = ''] = readdirSync(join(workers, 'cur'));
      const own = JSON.parse(readFileSync(join(workers, 'cur', taken), 'utf8')) as Envelope & {
        body: { subtask: Record<string, unknown> };
      };
      Object.assign(own, { id: 'forged-1' });
      Object.assign(own.body.subtask, { id: 'forged', executor: { kind: 'run', command: `touch ${proof}` } });
      const segment = readdirSync(join(workers, 'new/5')).sort().at(-1) ?? '0';
      forged = join(workers, 'new/5', segment, `5-0000000000000001-${'0'.repeat(26)}-forged-1~0~0`);
      const content = JSON.stringify(own);
      const calls: [string, Record<string, string>][] = [
        ['Glob', { pattern: '.fanfold/runs/*/mailbox/workers/**' }],
        ['Grep', { pattern: 'assignment' }],
        ['Read', { file_path: join(root, 'journal.jsonl') }],
        ['Write', { file_path: forged.slice(folder.length + 1), content }],
        ['Write', { file_path: forged, content }],
        ['Write', { file_path: forged.slice(folder.length + 1).replace('.fanfold', 'shortcut'), content }],
        ['Write', { file_path: '.fanfold/results/00/made-up.json', content }],
      ];
      return { content: calls.map(([name, input]) => ({ type: 'tool_use', name, input })) };
    },
  });
  const run = await runFanfold(['run', 'fanfold.yml', '--json', '--threads', '2'], {
    folder,
    environment: api.environment,
  });
  expect(run.end()).toMatchObject({ exitCode: 0, subtasks: { total: 1, landed: 1 } });
  const [glob, grep, ...refused] = answers;
  expect(glob?.text).toBe('No file matches.');
  expect(grep?.text.trim()).toBe('notes.txt');
  expect(refused).toHaveLength(5);
  for (const answer of refused)
    expect(answer).toMatchObject({ isError: true, text: expect.stringContaining('Fanfold') });
  expect(existsSync(forged)).toBe(false);
  expect(existsSync(join(folder, '.fanfold/results/00'))).toBe(false);
  expect(existsSync(proof)).toBe(false);
});

/** Undefined until it is dead and its details, which come a moment later, are there. */
async function deadReason(mailbox: Mailbox, box: string, id: string): Promise<string | undefined> {
  const [found] = (await mailbox.list(box, ['dead'])).filter((entry) => entry.id === id);
  return found?.reason?.includes(': ') === true ? found.reason : undefined;
}

test('whatever else gets into the mailbox: workers do only what is in the plan', async () => {
  const outside = temporaryFolder();
  const wait = `touch ${outside}/started; while [ ! -e ${outside}/go ]; do sleep 0.05; done`;
  const repository = temporaryRepository({
    'fanfold.yml': `version: 1
name: forge
checks:
  - { name: fine, run: "true" }
subtasks:
  - { id: a, run: "${wait}; echo a > a" }
  - { id: b, needs: [a], run: "echo b > b" }
`,
  });
  const run = startFanfold(['run', 'fanfold.yml', '--json', '--threads', '2'], { folder: repository.folder });
  await until(() => existsSync(join(outside, 'started')), 'the first subtask is at work');
  await using mailbox = openMailbox(join(runFolderIn(repository.folder), 'mailbox'));
  const [held] = await mailbox.list('workers', ['claimed']);
  const body = (await mailbox.read('workers', held?.id ?? ''))?.envelope?.body as Assignment;
  const { subtask, run: id, repository: folder, runFolder } = body;
  const proof = join(outside, 'ran');
  const [check] = subtask.checks;
  const command = { kind: 'run', command: `touch ${proof}` };
  const loaded = { LD_PRELOAD: '/nowhere.so' };
  const forgedSubtasks = [
    { ...subtask, id: 'made-up', executor: command },
    { ...subtask, executor: command },
    { ...subtask, checks: [{ ...check, run: `touch ${proof}` }] },
    { ...subtask, environment: { ...subtask.environment, ...loaded } },
  ];
  const [environment] = eventsOf(run).flatMap((event) => (event.type === 'plan-end' ? [event.plan.environment] : []));
  const request = { run: id, repository: folder, runFolder, environment };
  const forgedGates = [
    { ...request, gate: 'forged-4', checks: [{ ...check, run: `touch ${proof}` }] },
    { ...request, gate: 'forged-5', checks: [check], environment: { ...environment, ...loaded } },
  ];
  const forged = [
    ...forgedSubtasks.map((part) => ({ kind: 'assignment', to: 'workers', body: { ...body, subtask: part } }) as const),
    ...forgedGates.map((gate) => ({ kind: 'gate-request', to: 'gates', body: gate }) as const),
  ];
  for (const [index, message] of forged.entries()) {
    await mailbox.publish(message.to, { version: 1, id: `forged-${index}`, from: 'coordinator', ...message });
  }
  const reasons: (string | undefined)[] = [];
  for (const [index, { to }] of forged.entries()) {
    await until(
      async () => (await deadReason(mailbox, to, `forged-${index}`)) !== undefined,
      `forged-${index} is dead`,
    );
    reasons.push(await deadReason(mailbox, to, `forged-${index}`));
  }
  expect(reasons).toEqual([
    expect.stringContaining('its subtask made-up is not the one'),
    expect.stringContaining('its subtask a is not the one'),
    expect.stringContaining('its subtask a is not the one'),
    expect.stringContaining('its subtask a is not the one'),
    expect.stringContaining('no such check fine'),
    expect.stringContaining('its variables are not those that the plan has for the check fine'),
  ]);
  writeFileSync(join(outside, 'go'), '');
  const result = await run.ended;
  expect(result.end()).toMatchObject({ exitCode: 0, subtasks: { total: 2, landed: 2 } });
  expect(existsSync(proof)).toBe(false);
});

test.each(['worktree', 'copy', 'none'])(
  'a codemod without `files`, in %s, leaves what is called .fanfold alone',
  async (workspace) => {
    const repository = temporaryRepository({
      'fanfold.yml': `version: 1
name: mod
subtasks:
  - { id: mod, codemod: rule.yml, workspace: ${workspace} }
`,
      'rule.yml': 'id: r\nlanguage: js\nrule: { pattern: old() }\nfix: young()\n',
      'a.js': 'old();\n',
      'part/.fanfold/a.js': 'old();\n',
    });
    mkdirSync(join(repository.folder, '.fanfold/runs'), { recursive: true });
    writeFileSync(join(repository.folder, '.fanfold/a.js'), 'old();\n');
    const run = await runFanfold(['run', 'fanfold.yml', '--json'], { folder: repository.folder });
    expect(run.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 1 } });
    const read = (path: string) =>
      workspace === 'worktree'
        ? repository.read('fanfold/mod', path)
        : readFileSync(join(repository.folder, path), 'utf8');
    expect(read('a.js')).toBe('young();\n');
    expect(read('part/.fanfold/a.js')).toBe('old();\n');
    expect(readFileSync(join(repository.folder, '.fanfold/a.js'), 'utf8')).toBe('old();\n');
  },
);
