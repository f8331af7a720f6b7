import type { Repository } from './repository.ts';
import { runGit } from './run-git.ts';

export interface CommitContent {
  tree: string;
  parents: string[];
  message: string;
}

/** Commits by their ids, in the order asked for; undefined for what is no commit here (any more). One process. */
export async function readCommits(
  repository: Repository,
  ids: readonly string[],
): Promise<(CommitContent | undefined)[]> {
  const { stdout } = await runGit(['cat-file', '--batch', '--buffer'], {
    cwd: repository.top,
    input: ids.map((id) => `${id}\n`).join(''),
  });
  let position = 0;
  return ids.map(() => {
    const lineEnd = stdout.indexOf(0x0a, position);
    const [, type, size] = stdout.toString('latin1', position, lineEnd).split(' ');
    position = lineEnd + 1;
    if (size === undefined) return undefined;
    const start = position;
    position = start + Number(size) + 1;
    return type === 'commit' ? parseCommit(stdout.toString('utf8', start, start + Number(size))) : undefined;
  });
}

function parseCommit(text: string): CommitContent {
  const headEnd = text.indexOf('\n\n');
  const head = text.slice(0, headEnd).split('\n');
  const values = (name: string) =>
    head.flatMap((line) => (line.startsWith(`${name} `) ? [line.slice(name.length + 1)] : []));
  return { tree: values('tree')[0] ?? '', parents: values('parent'), message: text.slice(headEnd + 2) };
}
