import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A temporary folder, removed when the test has ended. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fanfold-test-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface TestRepository {
  folder: string;
  /** Run git in it and return its output, trimmed. */
  git(...args: string[]): string;
  write(files: Record<string, string>): void;
  /** Write files and commit everything; returns the commit. */
  commit(files: Record<string, string>, message?: string): string;
  /** The text of a file at a commit-ish. */
  read(commitish: string, path: string): string;
}

/** A real git repository with one commit, on branch `main`. */
export function temporaryRepository(files: Record<string, string> = { 'README.md': '# Test\n' }): TestRepository {
  const folder = temporaryFolder();
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  const write = (changes: Record<string, string>): void => {
    for (const [path, content] of Object.entries(changes)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
  };
  const commit = (changes: Record<string, string>, message = 'change'): string => {
    write(changes);
    git('add', '--all');
    git('commit', '--quiet', '--allow-empty', '--message', message);
    return git('rev-parse', 'HEAD');
  };
  git('init', '--quiet', '--initial-branch=main');
  git('config', 'user.name', 'Tester');
  git('config', 'user.email', 'tester@localhost');
  commit(files, 'base');
  return {
    folder,
    git,
    write,
    commit,
    read: (commitish, path) => execFileSync('git', ['show', `${commitish}:${path}`], { cwd: folder, encoding: 'utf8' }),
  };
}
