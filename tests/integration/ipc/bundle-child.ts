import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Bundle a TypeScript entry to a file that Node.js can run by itself, in a folder of its own. */
export async function bundleChild(
  entry: URL,
  external: RegExp[] = [],
): Promise<{ path: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'fanfold-test-child-'));
  const bundle = await rolldown({
    cwd: root,
    input: { child: fileURLToPath(entry) },
    platform: 'node',
    external: [/^node:/, ...external],
    transform: { target: 'node20' },
  });
  await bundle.write({ dir: folder, format: 'esm', entryFileNames: '[name].mjs' });
  await bundle.close();
  return { path: join(folder, 'child.mjs'), remove: () => rm(folder, { recursive: true, force: true }) };
}
