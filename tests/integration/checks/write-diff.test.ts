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
