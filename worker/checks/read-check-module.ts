/**
 * A module of checks with everything it imports from beside it, read when a plan is made. Called by the command line.
 * Promise: nothing of it is run. Packages are not read: they are those that the repository has when the check runs.
 */
import { posix } from 'node:path';
import { digestCheckModule } from '../../ipc/index.ts';
import { type CheckModule, canImportTypeScript, FanfoldError, limits } from '../../tasks/index.ts';

/**
 * `path` is relative to the task file, and `readFile` reads such paths. FanfoldError `task-file-invalid` for what can't
 * be run here, besides what `readFile` throws.
 */
export async function readCheckModule(path: string, readFile: (path: string) => Promise<string>): Promise<CheckModule> {
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
    for (const specifier of importsOf(file, text)) {
      if (!/^\.\.?\//.test(specifier)) continue;
      waiting.push({ file: posix.join(posix.dirname(file), specifier), by: file });
    }
  }
  const listed = [...files].map(([name, text]) => ({ path: name, text }));
  return { digest: digestCheckModule(listed), files: listed };
}

function refuseUnusable(file: string, by: string): void {
  if (file === '..' || file.startsWith('../')) {
    throw invalid(`${file}, which ${by} names, lies outside the folder of the task file`, 'Move it into that folder.');
  }
  if (!/\.(?:[cm]?[jt]s|json)$/.test(file)) {
    const next = 'Write the whole name of a file, as Node wants it: ./helper.mjs, not ./helper.';
    throw invalid(`${file}, which ${by} names, is no file that a module of checks can import`, next);
  }
  if (/\.[cm]?ts$/.test(file) && !canImportTypeScript()) {
    const next = 'Use Node 22.18 or newer, or write it as .mjs; its types can stand in JSDoc comments.';
    throw invalid(`${file} is TypeScript, which Node ${process.version} can't load`, next);
  }
}

function tooLarge(path: string): FanfoldError {
  const most = `${limits.checkModuleFiles} files and ${limits.checkModule.toLocaleString('en')} characters`;
  return invalid(
    `${path} and what it imports are more than ${most}`,
    'Import less; data can be read when the check runs.',
  );
}

function invalid(what: string, next: string): FanfoldError {
  return new FanfoldError({ code: 'task-file-invalid', message: `The module ${what}.`, next });
}
