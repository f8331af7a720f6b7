import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import type { Permissions } from '../../../../tasks/index.ts';
import { createFolderInstructions } from '../../../../worker/agent/context/folder-instructions.ts';
import type { ModelRequest } from '../../../../worker/agent/model/model.ts';
import { runAgent } from '../../../../worker/agent/run-agent.ts';
import { createTools } from '../../../../worker/agent/tools/create-tools.ts';
import { noTranscript } from '../../../../worker/agent/transcript.ts';
import { call, notesOf, resultsOf, scriptedModel, text } from '../scripted-model.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const policy: Permissions = { mode: 'acceptEdits', allow: [], ask: [], deny: [] };
let root: string;

function write(files: Record<string, string>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

beforeEach(async () => {
  root = join(await temporaryFolder(), 'workspace');
  mkdirSync(root);
  write({
    'AGENTS.md': 'Top.',
    'a.txt': 'a',
    'api/AGENTS.md': 'Use tabs here. @style.md',
    'api/style.md': 'Short lines.',
    'api/v1/CLAUDE.md': 'Old code.',
    'api/v1/b.txt': 'b',
    'api/c.txt': 'c',
    'lib/d.txt': 'd',
    'lib/node_modules/x/AGENTS.md': 'Of a package.',
    'lib/node_modules/x/e.txt': 'e',
  });
});

/** The requests of an agent that makes these calls, a turn each. */
async function requestsFor(paths: string[][], permissions = policy): Promise<ModelRequest[]> {
  const model = scriptedModel([
    ...paths.map((names) => ({ content: names.map((file_path) => call('Read', { file_path })) })),
    { content: [text('Done.')] },
  ]);
  await runAgent({
    model,
    tools: createTools({ root, environment: {} }),
    permissions: { policy: permissions },
    prompt: { system: 's', run: '', task: 't' },
    signal: new AbortController().signal,
    report: () => {},
    transcript: noTranscript,
    folderInstructions: createFolderInstructions(root, permissions),
  });
  model.assertFinished();
  return model.requests;
}

it('come with the first call that touches a file below the folder, outermost first, once', async () => {
  const [, first, second, third] = await requestsFor([['a.txt'], ['api/v1/b.txt', 'api/c.txt'], ['api/c.txt']]);
  expect(notesOf(first?.messages.at(-1))).toEqual([]);
  const given = second?.messages.at(-1);
  expect(resultsOf(given)).toHaveLength(2);
  expect(notesOf(given)).toEqual([
    'Instructions of the project for the folder api/:\n\nFrom api/AGENTS.md:\n\nUse tabs here. @style.md\n\nFrom api/style.md, imported by api/AGENTS.md:\n\nShort lines.',
    'Instructions of the project for the folder api/v1/:\n\nOld code.',
  ]);
  expect(notesOf(third?.messages.at(-1))).toEqual([]);
});

it('are not given for a call that failed, nor from installed packages', async () => {
  const [, first] = await requestsFor([['api/none.txt', 'lib/node_modules/x/e.txt']]);
  expect(notesOf(first?.messages.at(-1))).toEqual([]);
});

it('are not read where the agent may not, nor through a link out of the workspace', async () => {
  writeFileSync(join(root, '../outside.md'), 'Outside.');
  symlinkSync('../../outside.md', join(root, 'lib/CLAUDE.md'));
  const denied = { ...policy, deny: ['Read(/api/AGENTS.md)'] };
  const [, first] = await requestsFor([['api/c.txt', 'lib/d.txt']], denied);
  expect(notesOf(first?.messages.at(-1))).toEqual([]);
});

it('are given again when the agent no longer sees them', async () => {
  const instructions = createFolderInstructions(root, policy);
  const use = call('Read', { file_path: 'api/c.txt' });
  if (use.type !== 'tool_use') throw new Error('no call');
  const blocks = await instructions.blocksFor([use], []);
  expect(blocks).toHaveLength(1);
  expect(await instructions.blocksFor([use], [{ role: 'user', content: blocks }])).toEqual([]);
  expect(await instructions.blocksFor([use], [])).toEqual(blocks);
});
