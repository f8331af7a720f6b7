import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { findDefinitions, toCatalog } from '../../../coordinator/agents/find-definitions.ts';
import { openRepository } from '../../../ipc/index.ts';
import { temporaryFolder, temporaryRepository } from '../../support/temporary-repository.ts';

function definition(name: string, description: string): string {
  return `---\nname: ${name}\ndescription: ${description}\n---\nYou are ${name}.\n`;
}

function write(folder: string, files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

test('the last place counts: the repository at its base, .fanfold after .claude, then the user', async () => {
  const home = temporaryFolder();
  write(home, {
    '.claude/agents/a.md': definition('a', 'own'),
    '.claude/agents/b.md': definition('b', 'own'),
    'settings/fanfold/agents/b.md': definition('b', 'own, of Fanfold'),
    'settings/fanfold/agents/mine.md': definition('mine', 'own'),
  });
  const fixture = temporaryRepository({
    '.claude/agents/a.md': definition('a', 'shipped'),
    '.claude/agents/deep/c.md': definition('c', 'shipped'),
    '.claude/agents/README.txt': 'no definition',
  });
  fixture.git('add', '--force', '.');
  const base = fixture.commit({ '.fanfold/agents/c.md': definition('c', 'shipped, of Fanfold') });
  fixture.write({ '.claude/agents/late.md': definition('late', 'not in the commit') });
  const repository = await openRepository(fixture.folder);
  const environment = { HOME: home, XDG_CONFIG_HOME: join(home, 'settings') };
  const found = await findDefinitions({ folder: fixture.folder, repository, base, environment });
  expect(toCatalog(found).definitions.map(({ name, description }) => `${name}: ${description}`)).toEqual([
    'a: own',
    'b: own, of Fanfold',
    'c: shipped, of Fanfold',
    'mine: own',
  ]);
  expect(toCatalog(found).unusable).toEqual([
    {
      name: 'late',
      path: '.claude/agents/late.md',
      problem: `it is not in commit ${base.slice(0, 12)}, and agents are read from the commit that work starts from: commit it`,
    },
  ]);
  expect(found.find(({ path }) => path === '.claude/agents/deep/c.md')?.overriddenBy).toBe('.fanfold/agents/c.md');
  expect(found.find(({ path }) => path === '.claude/agents/a.md')?.overriddenBy).toBe(
    join(home, '.claude/agents/a.md'),
  );
  expect(toCatalog(found).definitions.map(({ source }) => source)).toEqual([
    undefined,
    undefined,
    'repository',
    undefined,
  ]);
  expect(found.filter(({ source }) => source === 'user').map(({ name }) => name)).toEqual(['a', 'b', 'b', 'mine']);
});

test('without git the folder is read as it is, but nothing behind a link', async () => {
  const [home, folder, elsewhere] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
  write(elsewhere, { 'a.md': definition('a', 'elsewhere') });
  write(folder, { '.fanfold/agents/b.md': definition('b', 'here'), '.claude/settings.json': '{}' });
  symlinkSync(elsewhere, join(folder, '.claude/agents'));
  symlinkSync(join(elsewhere, 'a.md'), join(folder, '.fanfold/agents/a.md'));
  const found = await findDefinitions({ folder, repository: undefined, base: undefined, environment: { HOME: home } });
  expect(found.map(({ path, name }) => `${path} ${name}`)).toEqual(['.fanfold/agents/b.md b']);
});

test('files that are no text, too long or no definition are told with what is wrong', async () => {
  const [home, folder] = [temporaryFolder(), temporaryFolder()];
  write(folder, {
    '.claude/agents/long.md': definition('long', 'x').padEnd(250_001, 'x'),
    '.claude/agents/plain.md': 'Just a text.',
    '.claude/agents/fine.md': definition('fine', 'x'),
  });
  writeFileSync(join(folder, '.claude/agents/binary.md'), Buffer.from([0xff, 0xfe, 0x00]));
  const found = await findDefinitions({ folder, repository: undefined, base: undefined, environment: { HOME: home } });
  const { definitions, unusable } = toCatalog(found);
  expect(definitions.map(({ name }) => name)).toEqual(['fine']);
  expect(unusable.map(({ path, problem }) => `${path}: ${problem}`)).toEqual([
    '.claude/agents/binary.md: it is no text of at most 250000 bytes',
    '.claude/agents/long.md: it is no text of at most 250000 bytes',
    '.claude/agents/plain.md: it does not begin with frontmatter between two lines of ---',
  ]);
});
