import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readInstructions } from '../../../coordinator/run/read-instructions.ts';
import { openRepository } from '../../../ipc/index.ts';
import type { Plan } from '../../../tasks/index.ts';
import { temporaryRepository } from '../../support/temporary-repository.ts';

const prompt = { subtasks: [{ executor: { kind: 'prompt', prompt: 'x' } }] } as unknown as Plan;
const command = { subtasks: [{ executor: { kind: 'run', command: 'x' } }] } as unknown as Plan;

async function read(files: Record<string, string>, links: Record<string, string> = {}, plan = prompt) {
  const { folder, commit, write } = temporaryRepository(files);
  for (const [path, target] of Object.entries(links)) symlinkSync(target, join(folder, path));
  const base = commit({});
  write({ 'AGENTS.md': 'Not committed.' });
  const repository = await openRepository(folder);
  return await readInstructions(repository, base, plan);
}

it('reads both files and what they import at the base, not in the working tree', async () => {
  const text = await read({
    'AGENTS.md': 'Use tabs. See @docs/style.md.',
    'CLAUDE.md': 'Run the tests.',
    'docs/style.md': 'Short lines; @more.md',
    'docs/more.md': 'No semicolons.',
  });
  expect(text).toContain('From AGENTS.md:\n\nUse tabs.');
  expect(text).toContain('From docs/style.md, imported by AGENTS.md:');
  expect(text).toContain('No semicolons.');
  expect(text).toContain('From CLAUDE.md:\n\nRun the tests.');
});

it('follows symbolic links inside the commit only', async () => {
  const text = await read(
    {
      'AGENTS.md': 'Use tabs. @link.md @out.md @gone.md @loop.md @folder',
      'docs/style.md': 'Short lines.',
      'folder/x': 'x',
    },
    {
      'CLAUDE.md': 'AGENTS.md',
      'link.md': 'docs/style.md',
      'out.md': '/etc/passwd',
      'gone.md': 'nowhere',
      'loop.md': 'loop.md',
    },
  );
  expect(text).toBe(
    'From AGENTS.md:\n\nUse tabs. @link.md @out.md @gone.md @loop.md @folder\n\nFrom link.md, imported by AGENTS.md:\n\nShort lines.',
  );
});

it('leaves out what is no text, and cuts what is too long', async () => {
  expect(await read({ 'AGENTS.md': 'Use tabs. @binary', binary: 'a\0b' })).toBe('Use tabs. @binary');
  expect((await read({ 'AGENTS.md': 'x'.repeat(100_000) }))?.length).toBe(64 * 1024);
});

it('reads nothing where no agent is told', async () => {
  expect(await read({ 'AGENTS.md': 'Use tabs.' }, {}, command)).toBeUndefined();
  expect(await readInstructions(undefined, 'HEAD', prompt)).toBeUndefined();
});
