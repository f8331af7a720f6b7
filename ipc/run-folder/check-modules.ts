/**
 * Modules of checks in the folder of a run: written by the coordinator when it takes up a run, run by workers. Promise:
 * a worker runs what the plan says or nothing: the texts are compared with the digest in the plan each time.
 */
import { hash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CheckModule } from '../../tasks/index.ts';
import type { RunFolder } from './run-folder.ts';

type ModuleFiles = CheckModule['files'];

/** What stands beside the modules: how to read a .js, and what the name of this package means there. */
const surroundings = {
  'package.json': '{ "type": "module" }\n',
  'node_modules/fanfold/package.json': '{ "name": "fanfold", "type": "module", "exports": "./index.js" }\n',
  'node_modules/fanfold/index.js': 'export const defineCheck = (check) => check;\n',
};

/** Of the files in their order. */
export function digestCheckModule(files: ModuleFiles): string {
  return hash('sha256', JSON.stringify(files.map(({ path, text }) => [path, text])), 'hex');
}

/** What is there already and as it should be stays: a worker may be running it. */
export function writeCheckModules({ root }: Pick<RunFolder, 'root'>, modules: readonly CheckModule[] = []): void {
  const folder = modulesFolder(root);
  for (const { digest, files } of modules) {
    if (findCheckModule(root, digest) !== undefined) continue;
    rmSync(join(folder, digest), { recursive: true, force: true });
    for (const [path, text] of Object.entries(surroundings)) write(join(folder, path), text);
    for (const { path, text } of files) write(join(folder, digest, path), text);
    write(join(folder, `${digest}.json`), JSON.stringify(files.map(({ path }) => path)));
  }
}

/**
 * The path of the file to run, absolute. Undefined where what is there is not what the plan names: it was changed or
 * removed since.
 */
export function findCheckModule(runFolder: string, digest: string): string | undefined {
  const folder = modulesFolder(runFolder);
  try {
    const paths = JSON.parse(readFileSync(join(folder, `${digest}.json`), 'utf8')) as string[];
    const files = paths.map((path) => ({ path, text: readFileSync(join(folder, digest, path), 'utf8') }));
    const [entry] = paths;
    const isWhole = Object.entries(surroundings).every(
      ([path, text]) => readFileSync(join(folder, path), 'utf8') === text,
    );
    return entry !== undefined && isWhole && digestCheckModule(files) === digest
      ? join(folder, digest, entry)
      : undefined;
  } catch {
    return undefined;
  }
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  rmSync(path, { force: true });
  writeFileSync(path, text, { mode: 0o600, flag: 'wx' });
}

function modulesFolder(runFolder: string): string {
  return join(runFolder, 'checks');
}
