import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChangedEntry } from '../git/read-objects.ts';
import { gitText } from '../git/run-git.ts';
import type { CheckoutIndex, Worktree } from './worktree-index.ts';

/** Names in one call of git, far below what a command line holds. */
const namesAtOnce = 500;

/**
 * Entries that git calls changed though nobody touched their files since the checkout: git reads a file anew when its
 * times are no proof to it, and then normalises line ends that were committed as they are.
 */
export async function untouchedEntries(
  worktree: Worktree,
  index: CheckoutIndex,
  entries: readonly ChangedEntry[],
): Promise<Set<ChangedEntry>> {
  const suspects = new Map<string, { entry: ChangedEntry; marks: string }>();
  for (const entry of entries) {
    if (entry.modeBefore !== entry.modeAfter) continue;
    const found = await lstat(join(worktree.root, entry.path), { bigint: true }).catch(() => undefined);
    if (found === undefined || found.ctimeNs >= index.checkedOutNs) continue;
    const { ino, size, mtimeNs, ctimeNs } = found;
    suspects.set(entry.path, {
      entry,
      marks: marks(time(ctimeNs), time(mtimeNs), String(ino % 2n ** 32n), String(size)),
    });
  }
  const untouched = new Set<ChangedEntry>();
  const names = [...suspects.keys()];
  for (let at = 0; at < names.length; at += namesAtOnce) {
    const listing = await gitText(
      ['--literal-pathspecs', 'ls-files', '--debug', '-z', '--', ...names.slice(at, at + namesAtOnce)],
      {
        cwd: worktree.root,
        environment: { ...index.folder.environment, GIT_INDEX_FILE: index.saved },
      },
    );
    for (const [, path = '', ctime = '', mtime = '', ino = '', size = ''] of listing.matchAll(entryPattern)) {
      const suspect = suspects.get(path);
      // A folder moved here brings files with old times; their inodes are not those of the checkout.
      if (suspect !== undefined && suspect.marks === marks(ctime, mtime, ino, size)) untouched.add(suspect.entry);
    }
  }
  return untouched;
}

/** What `ls-files --debug` prints for an entry: its name, then what the index knows of the file. */
const entryPattern =
  /([^\0]*)\0 {2}ctime: (\d+:\d+)\n {2}mtime: (\d+:\d+)\n {2}dev: \d+\tino: (\d+)\n {2}uid: \d+\tgid: \d+\n {2}size: (\d+)\tflags: [\da-f]+\n?/g;

function marks(...parts: readonly [ctime: string, mtime: string, inode: string, size: string]): string {
  return parts.join(' ');
}

/** Seconds and nanoseconds as git writes them. */
function time(nanoseconds: bigint): string {
  return `${nanoseconds / 1_000_000_000n}:${nanoseconds % 1_000_000_000n}`;
}
