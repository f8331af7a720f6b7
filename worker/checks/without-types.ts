import type { CheckModule } from '../../tasks/index.ts';
import { eraseTypes } from './erase-types.ts';
import { importsOf } from './module-imports.ts';
import { invalidModule } from './read-check-module.ts';

const isTypeScript = (path: string): boolean => /\.m?ts$/.test(path);

/** The files as JavaScript: what was `short.ts` is `short.ts.mjs`, and is imported by that name. */
export function withoutTypes(files: CheckModule['files']): CheckModule['files'] {
  return files.map(({ path, text }) => {
    const named = renameImports(path, text);
    if (!isTypeScript(path)) return { path, text: named };
    const erased = eraseTypes(named);
    if ('text' in erased) return { path: `${path}.mjs`, text: erased.text };
    const next = 'Use what can be left out without changing the program (erasableSyntaxOnly), or Node 22.18 and newer.';
    throw invalidModule(`${path} has ${erased.problem}, which Node ${process.version} can't run`, next);
  });
}

function renameImports(path: string, text: string): string {
  let renamed = '';
  let position = 0;
  for (const { name, end } of importsOf(path, text)) {
    if (!/^\.\.?\//.test(name) || !isTypeScript(name)) continue;
    renamed += `${text.slice(position, end)}.mjs`;
    position = end;
  }
  return renamed + text.slice(position);
}
