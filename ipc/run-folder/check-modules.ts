/**
 * Modules of checks in the folder of a run: written by the coordinator when it takes up a run, read by workers. Promise:
 * a worker runs what the plan says or nothing: the texts are compared with the digest in the plan each time, and nothing
 * is loaded from the folder itself, where more may lie than was written.
 */
import { hash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CheckModule } from '../../tasks/index.ts';
import type { RunFolder } from './run-folder.ts';

type ModuleFiles = CheckModule['files'];

/** Of the files in their order. */
export function digestCheckModule(files: ModuleFiles): string {
  return hash('sha256', JSON.stringify(files.map(({ path, text }) => [path, text])), 'hex');
}

/** What is there already and as it should be stays: a worker may be reading it. */
export function writeCheckModules({ root }: Pick<RunFolder, 'root'>, modules: readonly CheckModule[] = []): void {
  if (modules.length > 0) mkdirSync(join(root, 'checks'), { recursive: true, mode: 0o700 });
  for (const { digest, files } of modules) {
    if (readCheckModuleFiles(root, digest) !== undefined) continue;
    rmSync(modulePath(root, digest), { recursive: true, force: true });
    writeFileSync(modulePath(root, digest), JSON.stringify(files), { mode: 0o600, flag: 'wx' });
  }
}

/** Undefined where what is there is not what the plan names: it was changed or removed since. */
export function readCheckModuleFiles(runFolder: string, digest: string): ModuleFiles | undefined {
  try {
    const files = JSON.parse(readFileSync(modulePath(runFolder, digest), 'utf8')) as ModuleFiles;
    return digestCheckModule(files) === digest ? files : undefined;
  } catch {
    return undefined;
  }
}

function modulePath(runFolder: string, digest: string): string {
  return join(runFolder, 'checks', `${digest}.json`);
}
