/**
 * A module of checks with everything it imports from beside it, read when a plan is made. Called by the command line.
 * Promise: nothing of it is run, and what is read can be run by this Node. Packages are not read: they are those that the
 * repository has when the check runs.
 */
import { posix } from 'node:path';
import { digestCheckModule } from '../../ipc/index.ts';
import { type CheckModule, canImportTypeScript, FanfoldError, limits } from '../../tasks/index.ts';

/**
 * `path` is relative to the task file, and `readFile` reads such paths. FanfoldError `task-file-invalid` for what can't
 * be run, besides what `readFile` throws.
 */
export async function readCheckModule(
  path: string,
  readFile: (path: string) => Promise<string>,
  erasesTypes = !canImportTypeScript(),
): Promise<CheckModule> {
  const { importsOf } = await import('./module-imports.ts');
  const files = new Map<string, string>();
  const waiting = [{ file: posix.normalize(path), by: 'the task file' }];
  let characters = 0;
  for (const { file, by } of waiting) {
    if (files.has(file)) continue;
    refuseUnusable(file, by);
    const text = await readFile(file);
    files.set(file, text);
    characters += text.length;
    if (characters > limits.checkModule || files.size > limits.checkModuleFiles) throw tooLarge(path);
    for (const { name } of importsOf(file, text)) {
      if (/^\.\.?\//.test(name)) waiting.push({ file: posix.join(posix.dirname(file), name), by: file });
    }
  }
  const listed = [...files].map(([name, text]) => ({ path: name, text }));
  const usable = erasesTypes ? (await import('./without-types.ts')).withoutTypes(listed) : listed;
  return { digest: digestCheckModule(usable), files: usable };
}

function refuseUnusable(file: string, by: string): void {
  if (file === '..' || file.startsWith('../')) {
    throw invalidModule(
      `${file}, which ${by} names, lies outside the folder of the task file`,
      'Move it into that folder.',
    );
  }
  if (/\.(?:[cm]?js|m?ts|json)$/.test(file)) return;
  const next = 'Write the whole name of a file, as Node wants it: ./helper.mjs, not ./helper.';
  throw invalidModule(`${file}, which ${by} names, is no file that a module of checks can import`, next);
}

function tooLarge(path: string): FanfoldError {
  const most = `${limits.checkModuleFiles} files and ${limits.checkModule.toLocaleString('en')} characters`;
  const next = 'Import less; data can be read when the check runs.';
  return invalidModule(`${path} and what it imports are more than ${most}`, next);
}

/** `what` follows "The module". */
export function invalidModule(what: string, next: string): FanfoldError {
  return new FanfoldError({ code: 'task-file-invalid', message: `The module ${what}.`, next });
}
