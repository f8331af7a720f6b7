// Bundles the three entries (command line, worker thread, library) with their JavaScript dependencies, since loading
// hundreds of small modules costs more than all else at start (docs/decisions/0002), then emits the types.
import { execFileSync } from 'node:child_process';
import { chmod, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const javaScriptOnly = process.argv.includes('--no-types');

const bundle = await rolldown({
  cwd: root,
  input: { cli: 'coordinator/cli/main.ts', worker: 'worker/main.ts', index: 'coordinator/cli/index.ts' },
  platform: 'node',
  // Node 20 does not know `using` yet.
  transform: { target: 'node20.19' },
  // Native or self-locating packages stay outside the bundle.
  external: [/^node:/, 'piscina', /^@ast-grep\//, '@vscode/ripgrep'],
});
await rm(`${root}dist`, { recursive: true, force: true });
await bundle.write({
  dir: 'dist',
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
  // Less to parse at start; names stay, so that stack traces can be read.
  minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
});
await bundle.close();
await chmod(`${root}dist/cli.js`, 0o755);
if (!javaScriptOnly) {
  execFileSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  });
}
