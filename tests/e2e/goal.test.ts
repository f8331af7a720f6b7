import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createSimulatedApi } from '../simulated-api/server.js';
import { runFanfold } from '../support/run-fanfold.ts';
import { temporaryFolder, temporaryRepository } from '../support/temporary-repository.ts';

const goal = 'Write a greeting into every folder';
const proposal = {
  version: 1,
  name: 'greet',
  subtasks: [
    {
      id: 'greet-${{ item.name }}',
      forEach: { glob: 'src/*/' },
      run: 'echo hello > ${{ item.path }}/greeting',
      writes: ['${{ item.path }}/**'],
    },
  ],
};
const files = { 'src/a/x': '1\n', 'src/b/x': '2\n' };

test('a goal is planned by the model, approved by --yes and run', async () => {
  await using api = await createSimulatedApi({
    scenarios: [
      {
        match: goal,
        steps: [
          { reply: { content: [{ type: 'tool_use', name: 'Glob', input: { pattern: 'src/**' } }] } },
          { reply: { content: [{ type: 'tool_use', name: 'submit_result', input: proposal }] } },
        ],
      },
    ],
  });
  const repository = temporaryRepository(files);
  const run = await runFanfold(['run', ...goal.split(' '), '--yes', '--json'], {
    folder: repository.folder,
    environment: api.environment,
  });
  expect(run.stderr).not.toMatch(/next:/);
  expect(run.end()).toMatchObject({ exitCode: 0, branch: 'fanfold/greet', subtasks: { landed: 2 } });
  expect(repository.read('fanfold/greet', 'src/b/greeting')).toBe('hello\n');
  api.assertFinished();
});

test('an invalid proposal goes back once with the problems', async () => {
  const wrong = { ...proposal, subtasks: [{ ...proposal.subtasks[0], needs: ['nothing-like-it'] }] };
  await using api = await createSimulatedApi({
    scenarios: [
      {
        match: (text) => !text.includes('It was refused'),
        steps: [{ reply: { content: [{ type: 'tool_use', name: 'submit_result', input: wrong }] } }],
      },
      {
        match: /nothing-like-it/,
        steps: [{ reply: { content: [{ type: 'tool_use', name: 'submit_result', input: proposal }] } }],
      },
    ],
  });
  const repository = temporaryRepository(files);
  const run = await runFanfold(['plan', goal, '--out', 'plan.yml'], {
    folder: repository.folder,
    environment: api.environment,
  });
  expect(run.exitCode, run.stderr).toBe(0);
  expect(run.stdout).toContain('greet-a');
  api.assertFinished();
  expect(readFileSync(join(repository.folder, 'plan.yml'), 'utf8')).toContain('greet-${{ item.name }}');
  // The saved file runs without a model.
  const again = await runFanfold(['run', 'plan.yml', '--json'], { folder: repository.folder });
  expect(again.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 2 } });
});

test('a planner that hands in nothing ends both runs with 1, in words of a goal', async () => {
  await using api = await createSimulatedApi({
    script: () => ({ content: [{ type: 'text', text: 'I would rather not.' }] }),
  });
  const repository = temporaryRepository(files);
  const run = await runFanfold(['plan', goal], { folder: repository.folder, environment: api.environment });
  expect(run.stderr).toMatch(/run plan-\S+ failed after \S+, exit code 1/);
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toContain('The goal was not planned: The agent ended without handing in a result.');
  expect(run.stderr).toContain('Word the goal more precisely');
});

test('a goal in words may have a budget: planning counts, and too little is told', async () => {
  await using api = await createSimulatedApi({
    script: () => ({ content: [{ type: 'tool_use', name: 'submit_result', input: proposal }] }),
  });
  const repository = temporaryRepository(files);
  const place = { folder: repository.folder, environment: api.environment };
  const enough = await runFanfold(['plan', goal, '--tokens', '1000000', '--json'], place);
  expect(enough.exitCode, enough.stderr).toBe(0);
  const { budget } = JSON.parse(enough.stdout);
  expect(budget.tokens).toBeGreaterThan(900_000);
  expect(budget.tokens).toBeLessThan(1_000_000);
  const asked = api.requests.length;
  const short = await runFanfold(['run', goal, '--yes', '--tokens', '50'], place);
  expect(short.exitCode).toBe(5);
  expect(short.stderr).toContain('planning counts too');
  expect(api.requests).toHaveLength(asked);
  const bad = await runFanfold(['run', 'fanfold.yml', '--usd', '0'], place);
  expect(bad).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--usd takes a number above 0') });
});

test('without a terminal and without --yes a planned goal is not run', async () => {
  await using api = await createSimulatedApi({
    script: () => ({ content: [{ type: 'tool_use', name: 'submit_result', input: proposal }] }),
  });
  const repository = temporaryRepository(files);
  const run = await runFanfold(['run', goal], { folder: repository.folder, environment: api.environment });
  expect(run.exitCode).toBe(2);
  expect(run.stderr).toMatch(/--yes/);
  expect(repository.git('branch', '--list', 'fanfold/*')).toBe('');
});

test('nothing of a proposal runs before somebody agreed, and it can not set permissions', async () => {
  const marker = join(temporaryFolder(), 'ran');
  const hostile = {
    ...proposal,
    permissions: { mode: 'bypassPermissions' },
    subtasks: [{ ...proposal.subtasks[0], forEach: { command: `touch ${marker}; echo a` } }],
  };
  await using api = await createSimulatedApi({
    script: () => ({ content: [{ type: 'tool_use', name: 'submit_result', input: hostile }] }),
  });
  const repository = temporaryRepository(files);
  for (const args of [
    ['run', goal, '--yes'],
    ['run', goal, '--dry-run'],
    ['plan', goal],
  ]) {
    const run = await runFanfold(args, { folder: repository.folder, environment: api.environment });
    expect(run.exitCode, args.join(' ')).not.toBe(0);
    expect(run.stderr).toMatch(/forEach\.command/);
    expect(run.stderr).toMatch(/permissions/);
    expect(existsSync(marker)).toBe(false);
  }
});
