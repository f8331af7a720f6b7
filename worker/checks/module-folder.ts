import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CheckModule } from '../../tasks/index.ts';

/** What stands beside the modules: how to read a .js, and what the name of this package means there. */
const surroundings = {
  'package.json': '{ "type": "module" }\n',
  'node_modules/fanfold/package.json': '{ "name": "fanfold", "type": "module", "exports": "./index.js" }\n',
  'node_modules/fanfold/index.js': 'export const defineCheck = (check) => check;\n',
};

/**
 * Writes a module of checks into an empty folder, where nothing can stand beside it that would be loaded in its place:
 * other packages than `fanfold` are those that the repository finds. Returns the path of the file to run.
 */
export function writeModuleFolder(folder: string, files: CheckModule['files'], repository: string): string {
  let place = folder;
  for (const packages of packageFolders(repository)) {
    symlinkSync(packages, join(place, 'node_modules'));
    place = join(place, 'inner');
    mkdirSync(place, { mode: 0o700 });
  }
  for (const [path, text] of Object.entries(surroundings)) write(join(place, path), text);
  for (const { path, text } of files) write(join(place, 'module', path), text);
  return join(place, 'module', files[0]?.path ?? '');
}

/** The outermost first. */
function packageFolders(repository: string): string[] {
  const parent = dirname(repository);
  const packages = join(repository, 'node_modules');
  return [...(parent === repository ? [] : packageFolders(parent)), ...(existsSync(packages) ? [packages] : [])];
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, text, { mode: 0o600, flag: 'wx' });
}
