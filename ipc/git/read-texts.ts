import { isUtf8 } from 'node:buffer';
import { readBlobs } from './read-objects.ts';
import type { Repository } from './repository.ts';
import { runGit } from './run-git.ts';

/**
 * Texts of small files at a commit, in the order asked for. Symbolic links are followed inside the commit's tree only.
 * Undefined for what is not there, is no file, is longer than `longestBytes`, or is no UTF-8 text.
 */
export async function readTextsAt(
  repository: Repository,
  commit: string,
  paths: readonly string[],
  longestBytes: number,
): Promise<(string | undefined)[]> {
  const askable = paths.map((path) => !/[\0\n]/.test(path));
  const { stdout } = await runGit(['cat-file', '--batch-check', '--follow-symlinks'], {
    cwd: repository.top,
    input: paths.map((path, index) => `${askable[index] === true ? `${commit}:${path}` : ''}\n`).join(''),
  });
  const objects = objectsOf(stdout.toString(), paths.length, longestBytes);
  const wanted = [...new Set(objects.flatMap((object) => object ?? []))];
  const blobs = await readBlobs(repository, wanted);
  return objects.map((object) => {
    const blob = object === undefined ? undefined : blobs[wanted.indexOf(object)];
    return blob === undefined || blob.includes(0) || !isUtf8(blob) ? undefined : blob.toString();
  });
}

/** Of links that lead nowhere or out of the tree git tells in two lines: `dangling 12` and then twelve bytes. */
function objectsOf(answer: string, count: number, longestBytes: number): (string | undefined)[] {
  const objects: (string | undefined)[] = [];
  let rest = answer;
  while (objects.length < count && rest !== '') {
    const end = rest.indexOf('\n');
    const line = rest.slice(0, end);
    rest = rest.slice(end + 1);
    const blob = /^([0-9a-f]{40,64}) blob (\d+)$/.exec(line);
    const link = /^(?:dangling|symlink|loop|notdir) (\d+)$/.exec(line)?.[1];
    if (link !== undefined)
      rest = Buffer.from(rest)
        .subarray(Number(link) + 1)
        .toString();
    objects.push(blob !== null && Number(blob[2]) <= longestBytes ? blob[1] : undefined);
  }
  return objects;
}
