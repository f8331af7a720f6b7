// Bundles the three entries (command line, worker thread, library) with their JavaScript dependencies, since loading
// hundreds of small modules costs more than all else at start (docs/decisions/0002), puts the launchers before them, and
// emits the types.
import { execFileSync } from 'node:child_process';
import { chmod, copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { parseAst } from 'rolldown/parseAst';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = `${root}dist/`;
const launchers = `${root}scripts/launch/`;
const stringWidth = `${root}scripts/launch/string-width.js`;
const javaScriptOnly = process.argv.includes('--no-types');

/** See scripts/launch/string-width.js. */
const plainStringWidth = {
  name: 'plain-string-width',
  resolveId: (id, importer) => (id === 'string-width' && importer !== stringWidth ? stringWidth : null),
};

/** What a chunk imports at run time is imported by its loader: scripts compiled from a cache can't. */
const foreignImports = {
  name: 'foreign-imports',
  renderChunk(code) {
    const places = [];
    walk(parseAst(code), ({ type, start }) => {
      if (type === 'ImportExpression') places.push(start);
    });
    if (places.length === 0) return null;
    return places
      .sort((left, right) => right - left)
      .reduce((text, start) => `${text.slice(0, start)}__import${text.slice(start + 'import'.length)}`, code);
  },
};

function walk(node, visit) {
  if (typeof node !== 'object' || node === null) return;
  if (typeof node.type === 'string') visit(node);
  for (const child of Object.values(node)) walk(child, visit);
}

const bundle = await rolldown({
  cwd: root,
  input: { cli: 'coordinator/cli/main.ts', worker: 'worker/main.ts', index: 'coordinator/cli/index.ts' },
  platform: 'node',
  // Node 20 does not know `using` yet.
  transform: { target: 'node20.19' },
  // Native or self-locating packages stay outside the bundle.
  external: [/^node:/, 'piscina', /^@ast-grep\//, '@vscode/ripgrep'],
  onLog(level, log, report) {
    // yargs looks for the place of a configuration that another one extends, which nobody here has.
    if (log.code !== 'EMPTY_IMPORT_META') report(level, log);
  },
  plugins: [plainStringWidth, foreignImports],
});
await rm(dist, { recursive: true, force: true });
const { output } = await bundle.write({
  dir: 'dist',
  // Only CommonJS can be compiled from a cache, see scripts/launch.
  format: 'cjs',
  entryFileNames: '[name].cjs',
  chunkFileNames: 'chunks/[name]-[hash].cjs',
  // Less to parse at start; names stay, so that stack traces can be read.
  minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
});
await bundle.close();
await writeFile(`${dist}package.json`, '{ "type": "commonjs" }\n');
await mkdir(`${dist}types`);
await writeFile(`${dist}types/package.json`, '{ "type": "module" }\n');
for (const name of ['load.cjs', 'code-cache-folder.cjs']) await copyFile(`${launchers}${name}`, `${dist}${name}`);
for (const name of ['cli', 'worker']) await copyFile(`${launchers}${name}.cjs`, `${dist}${name}.js`);
const library = output.find(({ name, isEntry }) => isEntry && name === 'index');
await writeFile(
  `${dist}index.mjs`,
  `import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
const { load } = createRequire(import.meta.url)('./load.cjs').createLoader();
export const { ${library.exports.join(', ')} } = load(fileURLToPath(new URL('index.cjs', import.meta.url)));
`,
);
await chmod(`${dist}cli.js`, 0o755);
if (!javaScriptOnly) {
  execFileSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  });
}
