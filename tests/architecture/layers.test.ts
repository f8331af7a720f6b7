import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/temporary-repository.ts';

/** What each layer may import of the others; `coordinator/cli` composes and may import all. */
const allowed: Record<string, string[]> = {
  tasks: [],
  ipc: ['tasks'],
  worker: ['tasks', 'ipc'],
  coordinator: ['tasks', 'ipc'],
};
const layers = Object.keys(allowed);
const root = resolve(import.meta.dirname, '../..');

function sourceFiles(top: string): string[] {
  return layers.flatMap((layer) =>
    readdirSync(join(top, layer), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
}

/** `file imports target: why it may not`, for every import that breaks a rule. */
function violations(top: string): string[] {
  const found: string[] = [];
  for (const file of sourceFiles(top)) {
    const own = relative(top, file);
    const layer = own.split(sep)[0] ?? '';
    const composes = own.startsWith(join('coordinator', 'cli') + sep);
    for (const [, target = ''] of readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g)) {
      const imported = relative(top, resolve(dirname(file), target));
      const other = imported.split(sep)[0] ?? '';
      if (!layers.includes(other) || other === layer) continue;
      if (!composes && !allowed[layer]?.includes(other)) found.push(`${own} imports ${imported}: wrong direction`);
      else if (imported !== join(other, 'index.ts')) found.push(`${own} imports ${imported}: not through the door`);
    }
  }
  return found;
}

test('imports point tasks ← ipc ← worker and coordinator, through each folder’s door', () => {
  expect(sourceFiles(root).length).toBeGreaterThan(50);
  expect(violations(root)).toEqual([]);
});

test('the check sees planted violations', () => {
  const top = temporaryFolder();
  const plant = (path: string, text: string): void => {
    mkdirSync(dirname(join(top, path)), { recursive: true });
    writeFileSync(join(top, path), text);
  };
  for (const layer of layers) plant(`${layer}/index.ts`, '');
  plant('tasks/a.ts', "import { x } from '../ipc/index.ts';");
  plant('worker/b.ts', "const x = await import('../coordinator/index.ts');");
  plant('coordinator/run/c.ts', "export { y } from '../../ipc/git/d.ts';");
  plant('coordinator/cli/d.ts', "import { z } from '../../worker/index.ts';");
  expect(violations(top)).toEqual([
    'tasks/a.ts imports ipc/index.ts: wrong direction',
    'worker/b.ts imports coordinator/index.ts: wrong direction',
    'coordinator/run/c.ts imports ipc/git/d.ts: not through the door',
  ]);
});
