import { expect, it } from 'vitest';
import { digestCheckModule } from '../../../ipc/index.ts';
import { readCheckModule } from '../../../worker/checks/read-check-module.ts';

const reader = (files: Record<string, string>) => async (path: string) => {
  const text = files[path];
  if (text === undefined) throw new Error(`there is no ${path}`);
  return text;
};

it('reads what a module imports from beside it, each once, in a circle too, and no packages', async () => {
  const files = {
    'checks/a.mjs': `import { b } from './lib/b.mjs'; import x from 'package'; import 'node:fs'; export * from "./c.js"; // import './no.mjs'`,
    'checks/lib/b.mjs': `import '../a.mjs'; const c = await import('../c.js'); const text = "import './no.mjs'";`,
    'checks/c.js': `import data from '../data.json' with { type: 'json' };`,
    'data.json': '{}',
  };
  const module = await readCheckModule('./checks/a.mjs', reader(files), true);
  expect(module.files).toEqual(Object.entries(files).map(([path, text]) => ({ path, text })));
  expect(module.digest).toBe(digestCheckModule(module.files));
});

it('reads TypeScript as what is left without its types where Node can’t, and as it is where it can', async () => {
  const files = {
    'a.ts': `import { b } from './b.mts';\nimport type { T } from './t.ts';\nexport const a: T = b as T; // 'ü'\n`,
    'b.mts': 'export const b = 1;\n',
    't.ts': 'export type T = number;\n',
  };
  const { files: erased } = await readCheckModule('a.ts', reader(files), true);
  expect(erased.map(({ path }) => path)).toEqual(['a.ts.mjs', 'b.mts.mjs', 't.ts.mjs']);
  expect(erased[0]?.text.replace(/ +/g, ' ')).toBe(
    `import { b } from './b.mts.mjs';\n; \nexport const a = b ; // 'ü'\n`,
  );
  const { files: kept } = await readCheckModule('a.ts', reader(files), false);
  expect(kept).toEqual(Object.entries(files).map(([path, text]) => ({ path, text })));
});

it('refuses what can’t be run, by name', async () => {
  const problem = (files: Record<string, string>, path = 'a.mjs') =>
    readCheckModule(path, reader(files), true).then(
      () => 'none',
      (error: Error) => error.message,
    );
  expect(await problem({ 'a.mjs': `import '../b.mjs'` })).toBe(
    'The module ../b.mjs, which a.mjs names, lies outside the folder of the task file.',
  );
  expect(await problem({ 'a.mjs': `import './b'` })).toContain(
    'b, which a.mjs names, is no file that a module of checks can import',
  );
  expect(await problem({ 'a.ts': 'enum E { A }' }, 'a.ts')).toMatch(
    /^The module a\.ts has an enum in line 1, which Node v\d+/,
  );
  expect(await problem({ 'a.mjs': 'x'.repeat(1_000_001) })).toContain('more than 200 files and 1,000,000 characters');
});
