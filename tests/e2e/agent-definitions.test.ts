import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { MessagesRequest } from '../simulated-api/server.js';
import { createSimulatedApi } from '../simulated-api/server.js';
import { runFanfold } from '../support/run-fanfold.ts';
import { temporaryFolder, temporaryRepository } from '../support/temporary-repository.ts';

const reviewer = `---
name: reviewer
description: Looks for mistakes
tools: Read, Grep, Glob, WebFetch
model: haiku
---
You are the reviewer of this team.
`;

const files = {
  '.claude/agents/reviewer.md': reviewer,
  '.claude/agents/broken.md': 'No frontmatter.\n',
  'fanfold.yml': `version: 1
name: reviewed
goal: Look at everything
subtasks:
  - id: look-\${{ item.value }}
    forEach: { lines: things.txt }
    agent: reviewer
    prompt: "Look at \${{ item.value }}."
    workspace: none
`,
  'things.txt': 'one\ntwo\n',
};

test('fanfold agents lists definitions with where they are from, and what is wrong with files', async () => {
  const { folder } = temporaryRepository(files);
  const settings = temporaryFolder();
  mkdirSync(join(settings, 'fanfold/agents'), { recursive: true });
  writeFileSync(join(settings, 'fanfold/agents/reviewer.md'), reviewer);
  const environment = { XDG_CONFIG_HOME: settings };
  const shown = await runFanfold(['agents'], { folder, environment });
  expect(shown).toMatchObject({ exitCode: 0, stderr: '' });
  const own = join(settings, 'fanfold/agents/reviewer.md');
  expect(shown.stdout.split('\n').map((line) => line.trim())).toEqual([
    expect.stringMatching(/^AGENT +TOOLS +MODEL +MODE +FROM +DESCRIPTION$/),
    expect.stringMatching(
      /^reviewer +Read, Glob, Grep +claude-haiku-5-5 +plan +\/.*\/fanfold\/agents\/reviewer\.md +Looks for mistakes$/,
    ),
    '',
    ".claude/agents/broken.md can't be used: it does not begin with frontmatter between two lines of ---.",
    `.claude/agents/reviewer.md does not count: your own ${own} defines reviewer too.`,
    '.claude/agents/reviewer.md names the tool WebFetch, which there is not.',
    `${own} names the tool WebFetch, which there is not.`,
    '',
  ]);
  const json = await runFanfold(['agents', '--json'], { folder, environment });
  expect(JSON.parse(json.stdout)).toEqual([
    expect.objectContaining({ source: 'repository', name: 'broken', problem: expect.any(String) }),
    expect.objectContaining({ source: 'repository', overriddenBy: own }),
    expect.objectContaining({
      source: 'user',
      definition: expect.objectContaining({ model: 'claude-haiku-5-5' }),
    }),
  ]);
  const none = await runFanfold(['agents'], { folder: temporaryFolder() });
  expect(none.stdout).toContain('There is no agent defined here.');
});

test('siblings with one definition have its prompt, tools and model, and share all of it byte for byte', async () => {
  const prefixes = new Set<string>();
  const models = new Set<string>();
  await using api = await createSimulatedApi({
    script({ tools, system, model }: MessagesRequest) {
      prefixes.add(JSON.stringify([tools, system]));
      models.add(model);
      return { content: [{ type: 'text', text: 'Looked.' }] };
    },
  });
  const shipped = { '.fanfold/agents/reviewer.md': reviewer.replace('this team', 'all teams') };
  const { folder } = temporaryRepository({ ...files, ...shipped });
  const run = await runFanfold(['run', 'fanfold.yml', '--json'], { folder, environment: api.environment });
  api.assertFinished();
  expect(run.end()).toMatchObject({ exitCode: 0, subtasks: { total: 2, landed: 2 } });
  expect(api.requests).toHaveLength(2);
  expect(prefixes.size).toBe(1);
  expect([...prefixes][0]).toContain('You are the reviewer of all teams.');
  expect([...models]).toEqual(['claude-haiku-5-5']);

  // The command line outranks what a definition says.
  const other = ['run', 'fanfold.yml', '--json', '--force', '--model', 'claude-opus-5-5'];
  await runFanfold(other, { folder, environment: api.environment });
  expect([...models]).toEqual(['claude-haiku-5-5', 'claude-opus-5-5']);
});

test('a plan shows the agents that it has', async () => {
  const { folder } = temporaryRepository(files);
  const plan = await runFanfold(['plan', 'fanfold.yml'], { folder });
  expect(plan.exitCode).toBe(0);
  expect(plan.stdout).toContain('reviewer (Read, Glob, Grep; claude-haiku-5-5) Looks for mistakes');
});

test('an agent that there is not is told before anything starts', async () => {
  const { folder } = temporaryRepository({
    ...files,
    'fanfold.yml': files['fanfold.yml'].replace('agent: reviewer', 'agent: reviewr'),
  });
  const run = await runFanfold(['run', 'fanfold.yml'], { folder });
  expect(run.exitCode).toBe(2);
  expect(run.stderr).toContain('subtasks[0].agent: found "reviewr"; allowed reviewer; did you mean reviewer?');
});

test('a repository can not switch a limit in USD off with a model that nobody knows the price of', async () => {
  const { folder } = temporaryRepository({
    '.claude/agents/reviewer.md': reviewer.replace('haiku', 'cheap-9'),
    'fanfold.yml': `version: 1
name: limited
budget: { usd: 1 }
subtasks: [{ id: look, prompt: Look., workspace: none, helpers: { count: 2 } }]
`,
  });
  await using api = await createSimulatedApi({ script: () => ({ content: [{ type: 'text', text: 'Looked.' }] }) });
  const run = await runFanfold(['run', 'fanfold.yml'], { folder, environment: api.environment });
  expect(run.exitCode).toBe(2);
  expect(run.stderr).toContain('The agent reviewer, as the repository defines it, asks for the model cheap-9');
  expect(api.requests).toEqual([]);
});
