import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Repository } from './repository.ts';
import { runGit } from './run-git.ts';

export interface FileChange {
  mode: string;
  path: string;
  /** New content; undefined removes the file. */
  content: Buffer | string | undefined;
}

export interface CommitRequest {
  /** Commit that becomes the parent and whose tree is changed. */
  base: string;
  changes: readonly FileChange[];
  message: string;
  /** An absolute path that does not exist; it holds a throw-away git folder for the time of the call. */
  scratch: string;
  signal?: AbortSignal;
}

/**
 * Commit changed files without any checkout: one `git fast-import` whose objects go to the repository's object store
 * and whose reference goes to a throw-away git folder, so that no reference of the repository moves.
 */
export async function commitChanges(repository: Repository, request: CommitRequest): Promise<string> {
  await mkdir(join(request.scratch, 'refs'), { recursive: true, mode: 0o700 });
  await mkdir(join(request.scratch, 'objects'), { mode: 0o700 });
  try {
    await writeFile(join(request.scratch, 'HEAD'), 'ref: refs/heads/none\n');
    if (repository.objectFormat !== 'sha1') {
      await writeFile(
        join(request.scratch, 'config'),
        `[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectFormat = ${repository.objectFormat}\n`,
      );
    }
    const { stdout } = await runGit(['fast-import', '--quiet', '--done'], {
      cwd: repository.top,
      environment: { GIT_DIR: request.scratch, GIT_OBJECT_DIRECTORY: join(repository.commonFolder, 'objects') },
      settings: [['core.logAllRefUpdates', 'false']],
      input: fastImportStream(repository, request),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
    return stdout.toString().trim();
  } finally {
    await rm(request.scratch, { recursive: true, force: true });
  }
}

function fastImportStream(repository: Repository, { base, changes, message }: CommitRequest): Buffer {
  const pieces: Buffer[] = [];
  const line = (text: string) => pieces.push(Buffer.from(`${text}\n`));
  const data = (content: Buffer) => pieces.push(Buffer.from(`data ${content.length}\n`), content, Buffer.from('\n'));
  line('commit refs/heads/outcome');
  line('mark :1');
  line(`committer ${repository.identity} ${Math.floor(Date.now() / 1000)} +0000`);
  data(Buffer.from(message));
  line(`from ${base}`);
  for (const { mode, path, content } of changes) {
    if (content === undefined) line(`D ${quotePath(path)}`);
    else {
      line(`M ${mode} inline ${quotePath(path)}`);
      data(Buffer.isBuffer(content) ? content : Buffer.from(content));
    }
  }
  line('');
  line('get-mark :1');
  line('done');
  return Buffer.concat(pieces);
}

/** fast-import reads C-style quoting; bytes beyond ASCII stand for themselves. */
function quotePath(path: string): string {
  return `"${path.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n').replace(/\t/g, '\\t').replace(/\r/g, '\\r')}"`;
}
