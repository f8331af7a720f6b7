import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openRepository } from '../../../ipc/index.ts';
import { writeCommitDiff, writeCopyDiff } from '../../../worker/checks/write-diff.ts';
import { temporaryFolder, temporaryRepository } from '../../support/temporary-repository.ts';

const { signal } = new AbortController();

test('between commits: as git says it, and nothing that the repository names is run for it', async () => {
  const repository = temporaryRepository({ 'a.txt': 'one\n', '.gitattributes': '*.txt diff=evil\n' });
  const out = temporaryFolder();
  const marker = join(out, 'ran');
  repository.git('config', 'diff.evil.textconv', `touch ${marker}; cat`);
  repository.git('config', 'diff.evil.command', `touch ${marker}; true`);
  repository.git('config', 'diff.external', `touch ${marker}; true`);
  const from = repository.git('rev-parse', 'HEAD');
  const to = repository.commit({ 'a.txt': 'two\n', 'b c.txt': 'new\n' });
  const opened = await openRepository(repository.folder);
  if (opened === undefined) throw new Error('no repository');
  await writeCommitDiff(opened, { from, to }, join(out, 'diff'), signal);
  const text = readFileSync(join(out, 'diff'), 'utf8');
  expect(text).toContain('-one\n+two\n');
  expect(text).toContain('+++ b/b c.txt');
  expect(existsSync(marker)).toBe(false);
});

test('a diff is the same bytes whatever the settings of git are', async () => {
  const block = (name: string) => `function ${name}() {\n\n  one();\n  two();\n}\n\n`;
  const before = ['a', 'b', 'c', 'd', 'e'].map(block).join('');
  const after = ['a', 'n', 'c', 'e', 'd'].map(block).join('');
  const odd: Record<string, string> = {
    'core.abbrev': '9',
    'core.attributesFile': '{folder}/attributes',
    'diff.algorithm': 'patience',
    'diff.context': '0',
    'diff.interHunkContext': '9',
    'diff.indentHeuristic': 'false',
    'diff.noprefix': 'true',
    'diff.mnemonicPrefix': 'true',
    'diff.srcPrefix': 'left/',
    'diff.dstPrefix': 'right/',
    'diff.orderFile': '{folder}/order',
    'diff.relative': 'true',
    'diff.renames': 'copies',
    'diff.suppressBlankEmpty': 'true',
    'color.diff': 'always',
  };
  const texts: string[] = [];
  for (const settings of [{}, odd]) {
    const repository = temporaryRepository({ 'a.js': before, 'moved.js': before.repeat(2), order: 'z*\n' });
    writeFileSync(join(repository.folder, 'attributes'), '*.js -diff\n');
    for (const [name, value] of Object.entries(settings)) {
      repository.git('config', name, value.replace('{folder}', repository.folder));
    }
    const from = repository.git('rev-parse', 'HEAD');
    repository.git('mv', 'moved.js', 'z.js');
    const to = repository.commit({ 'a.js': after });
    const opened = await openRepository(repository.folder);
    if (opened === undefined) throw new Error('no repository');
    const path = join(temporaryFolder(), 'diff');
    await writeCommitDiff(opened, { from, to }, path, signal);
    texts.push(readFileSync(path, 'utf8'));
  }
  expect(texts[0]).toContain('+function n() {\n');
  expect(texts[1]).toBe(texts[0]);
});

test('a repository that the work has made in its copy is not obeyed', async () => {
  const [original, out] = [temporaryFolder(), temporaryFolder()];
  writeFileSync(join(original, 'a.txt'), 'one\n');
  const { folder: copy, git } = temporaryRepository({
    'a.txt': 'two\n',
    '.gitattributes': '* filter=evil diff=evil\n',
  });
  const marker = join(out, 'ran');
  for (const name of ['filter.evil.clean', 'diff.evil.command', 'diff.evil.textconv', 'core.fsmonitor']) {
    git('config', name, `touch ${marker}; cat`);
  }
  await writeCopyDiff({ original, copy, changedFiles: ['a.txt'] }, join(out, 'diff'), signal);
  expect(readFileSync(join(out, 'diff'), 'utf8')).toContain('-one\n+two\n');
  expect(existsSync(marker)).toBe(false);
});

test('between a folder and its copy: what was changed, added and removed, without paths of this machine', async () => {
  const [original, copy, out] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
  mkdirSync(join(original, 'sub'));
  mkdirSync(join(copy, 'sub'));
  writeFileSync(join(original, 'sub/a.txt'), 'one\nsame\n');
  writeFileSync(join(copy, 'sub/a.txt'), 'two\nsame\n');
  writeFileSync(join(copy, 'new.txt'), 'new\n');
  writeFileSync(join(original, 'old.txt'), 'old\n');
  writeFileSync(join(copy, 'image'), Buffer.from([0, 1, 2]));
  symlinkSync('/etc/passwd', join(copy, 'link'));
  const changedFiles = ['image', 'link', 'new.txt', 'old.txt', 'sub/a.txt'];
  await writeCopyDiff({ original, copy, changedFiles }, join(out, 'diff'), signal);
  expect(readFileSync(join(out, 'diff'), 'utf8')).toBe(`diff --git a/image b/image
(not text)
diff --git a/link b/link
(not shown: a link, a folder or a large file)
diff --git a/new.txt b/new.txt
--- /dev/null
+++ b/new.txt
@@ -0,0 +1 @@
+new
diff --git a/old.txt b/old.txt
--- a/old.txt
+++ /dev/null
@@ -1 +0,0 @@
-old
diff --git a/sub/a.txt b/sub/a.txt
--- a/sub/a.txt
+++ b/sub/a.txt
@@ -1,2 +1,2 @@
-one
+two
 same
`);
});
