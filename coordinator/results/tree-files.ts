import { type Repository, runGit } from '../../ipc/index.ts';
import { createFileSet, type FileSet } from './file-set.ts';

/** Everything in a commit's tree, submodules included, each with its mode and object. */
export async function treeFiles(repository: Repository, commit: string): Promise<FileSet> {
  const { stdout } = await runGit(['ls-tree', '-r', '-z', '--full-tree', commit], { cwd: repository.top });
  const files = new Map<string, string>();
  // Latin-1 keeps names apart that are not UTF-8.
  for (const line of stdout.toString('latin1').split('\0')) {
    const tab = line.indexOf('\t');
    if (tab > 0) files.set(readableName(line.slice(tab + 1)), line.slice(0, tab));
  }
  return createFileSet(files);
}

function readableName(bytes: string): string {
  if (!/[\x80-\xff]/.test(bytes)) return bytes;
  const name = Buffer.from(bytes, 'latin1').toString();
  return name.includes('\ufffd') ? bytes : name;
}
