import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createSimulatedApi, type Script } from '../simulated-api/server.js';
import { leftovers } from '../support/leftovers.ts';
import { runFanfold, startFanfold, until } from '../support/run-fanfold.ts';
import { temporaryFolder, temporaryRepository } from '../support/temporary-repository.ts';

const tool = (name: string, input: Record<string, unknown>) => ({ type: 'tool_use' as const, name, input });
const bash = (command: string) => tool('Bash', { command });
const done = { content: [{ type: 'text' as const, text: 'Done.' }] };

/** Two subtasks that are right each for itself; `late` waits until `early` has landed, and then names another colour. */
const file = (gate = '', head = 'permissions: { mode: bypassPermissions }') => `version: 1
name: colours
${head}
checks:
  - { name: one-colour, run: "${gate}[ $(cat colours/* 2>/dev/null | sort -u | wc -l) -le 1 ]", on: [merged] }
subtasks:
  - { id: early, prompt: "subject=early; Choose a colour.", writes: ["colours/early.txt"] }
  - { id: late, prompt: "subject=late; Choose a colour.", writes: ["colours/late.txt"] }
`;

const script: Script = (_, { turn, firstUserText }) => {
  const isLate = firstUserText.includes('subject=late');
  if (turn === 0) {
    const choose = isLate ? 'echo blue > colours/late.txt' : 'echo red > colours/early.txt';
    return { content: [bash(`mkdir -p colours && ${choose}`)], latencyMs: isLate ? 1_500 : 0 };
  }
  return turn === 2 ? { content: [bash('cp colours/early.txt colours/late.txt')] } : done;
};

/** A run whose `late` has failed the gate and waits to go back to its agent: nothing is started any more. */
async function waiting(environment: Record<string, string>) {
  const go = join(temporaryFolder(), 'go');
  const repository = temporaryRepository({
    'fanfold.yml': file(`[ ! -e colours/late.txt ] || while [ ! -e ${go} ]; do sleep 0.05; done; `),
  });
  const place = { folder: repository.folder, environment };
  const run = startFanfold(['run', 'fanfold.yml', '--json'], place);
  await until(() => /"type":"attempt-end"[^\n]*"subtask":"late"/.test(run.stdout()), 'its agent is done');
  await runFanfold(['pause'], place);
  await until(() => run.stdout().includes('"paused":true'), 'nothing more is started');
  writeFileSync(go, '');
  await until(() => run.stdout().includes('late goes back to its agent'), 'the gate has failed');
  const kept = () => repository.git('for-each-ref', '--format=%(refname)', 'refs/heads/fanfold-kept');
  return { repository, place, run, kept };
}

test('an attempt that ends before it has begun costs neither the work nor the conversation it was to go on with', async () => {
  await using api = await createSimulatedApi({ script });
  const outside = temporaryFolder();
  const [slow, reached, programs] = [join(outside, 'slow'), join(outside, 'reached'), join(outside, 'bin')];
  // Once `slow` is there, a checkout hangs.
  mkdirSync(programs);
  const hang = `if [ -e ${slow} ]; then for a in "$@"; do if [ "$a" = read-tree ]; then touch ${reached}; sleep 60; fi; done; fi`;
  writeFileSync(join(programs, 'git'), `#!/bin/sh\n${hang}\nPATH="\${PATH#${programs}:}" exec git "$@"\n`, {
    mode: 0o755,
  });
  const { repository, place, run, kept } = await waiting({
    ...api.environment,
    PATH: `${programs}:${process.env['PATH']}`,
  });
  writeFileSync(slow, '');
  await runFanfold(['continue'], place);
  await until(() => existsSync(reached), 'its next attempt opens its workspace');
  run.child.kill('SIGINT');
  await until(() => run.stderr().includes('again to stop'), 'the first is taken');
  run.child.kill('SIGINT');
  expect((await run.ended).end()).toMatchObject({ exitCode: 130, subtasks: { landed: 1, cancelled: 1 } });
  expect(kept()).toMatch(/\/late$/);
  expect(repository.read(kept(), 'colours/late.txt')).toBe('blue\n');
  expect(api.requests).toHaveLength(4);
  rmSync(slow);
  const second = await runFanfold(['resume', '--json'], place);
  expect(second.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 2 } });
  // One request that mends, one that ends: nothing of the first attempt is asked for again.
  expect(api.requests).toHaveLength(6);
  expect(JSON.stringify(api.requests[4]?.body)).toContain('# one-colour: exit code 1');
  expect(kept()).toBe('');
  expect(leftovers(repository)).toEqual([]);
});

test('cancelled while it waits to go back to its agent, its work is kept', async () => {
  await using api = await createSimulatedApi({ script });
  const { repository, place, run, kept } = await waiting(api.environment);
  const cancelled = await runFanfold(['cancel', '--subtask', 'late'], place);
  expect(cancelled.exitCode).toBe(0);
  const ended = await run.ended;
  const end = ended.events().find((event) => event.type === 'subtask-end' && event.subtask === 'late');
  expect(end).toMatchObject({ status: 'cancelled', error: { code: 'cancelled' } });
  expect(repository.read((end as { branch: string }).branch, 'colours/late.txt')).toBe('blue\n');
  expect(ended.end()).toMatchObject({ subtasks: { landed: 1, cancelled: 1 } });
  const second = await runFanfold(['resume', '--json'], place);
  expect(second.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 2 } });
  expect(api.requests).toHaveLength(6);
  expect(kept()).toBe('');
  expect(leftovers(repository)).toEqual([]);
});

test('denials of all attempts count, also of those before it was sent back', async () => {
  await using api = await createSimulatedApi({
    script: (_, { turn, firstUserText }) => {
      const isLate = firstUserText.includes('subject=late');
      const path = `colours/${isLate ? 'late' : 'early'}.txt`;
      if (turn === 0) {
        const choice = tool('Write', { file_path: path, content: isLate ? 'blue\n' : 'red\n' });
        return { content: isLate ? [choice, bash('curl http://x')] : [choice], latencyMs: isLate ? 1_500 : 0 };
      }
      if (turn === 2) return { content: [tool('Read', { file_path: path })] };
      if (turn === 3) return { content: [tool('Write', { file_path: path, content: 'red\n' })] };
      return done;
    },
  });
  const repository = temporaryRepository({ 'fanfold.yml': file('', 'permissions: { mode: acceptEdits }') });
  const place = { folder: repository.folder, environment: api.environment };
  const run = await runFanfold(['run', 'fanfold.yml', '--json'], place);
  expect(run.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 2 }, denials: 1 });
  const end = run.events().find((event) => event.type === 'subtask-end' && event.subtask === 'late');
  expect(end).toMatchObject({ attempts: 2, denials: 1 });
});
