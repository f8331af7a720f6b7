/**
 * Loads the bundle chunk by chunk, with V8's code cache: compiling is a third of what a start costs. Called by cli.js,
 * worker.js and index.mjs, which the build puts beside it. Promise: whatever is wrong with the cache, the code runs.
 *
 * Node 20 has no `module.enableCompileCache`; this does the same for our own chunks, and obeys the same switch,
 * NODE_DISABLE_COMPILE_CACHE.
 */
'use strict';
const fs = require('node:fs');
const { createRequire } = require('node:module');
const { basename, dirname, join, resolve } = require('node:path');
const vm = require('node:vm');
const { isMainThread, threadId } = require('node:worker_threads');
const { cacheFolder, isOwn } = require('./code-cache-folder.cjs');

const outside = createRequire(__filename);
/** The build puts it in the place of `import()`: packages and absolute URLs only. */
const importFromOutside = (specifier) => import(specifier);

/**
 * `role` keeps apart what different uses of the same chunks compile; without one nothing is cached.
 * Returns `load`, which gives a chunk's exports, and `keep`, called once, when most of what is needed has been compiled.
 */
exports.createLoader = function createLoader(role) {
  const folder = role === undefined ? undefined : cacheFolder(__dirname, role);
  const isReadable = folder !== undefined && isOwn(folder);
  const modules = new Map();
  /** Scripts that no cache was there for, by the name their cache gets. */
  const compiled = new Map();

  function load(path) {
    const known = modules.get(path);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    modules.set(path, module);
    const folderOfChunk = dirname(path);
    const requireFrom = (id) => (id.startsWith('.') ? load(resolve(folderOfChunk, id)) : outside(id));
    const run = compile(path).runInThisContext();
    run.call(module.exports, module.exports, requireFrom, module, path, folderOfChunk, importFromOutside);
    return module.exports;
  }

  function compile(path) {
    const name = folder === undefined ? undefined : cacheName(path);
    const cachedData = isReadable ? readIfThere(join(folder, name)) : undefined;
    const source = `(function (exports, require, module, __filename, __dirname, __import) {${fs.readFileSync(path, 'utf8')}\n})`;
    const script = new vm.Script(source, { filename: path, cachedData });
    if (name !== undefined && (cachedData === undefined || script.cachedDataRejected)) compiled.set(name, script);
    return script;
  }

  function keep() {
    if (compiled.size === 0) return;
    try {
      fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
      if (!isOwn(folder)) return;
      for (const [name, script] of compiled) writeWhole(join(folder, name), script.createCachedData());
      removeOutdated(folder);
    } catch {
      // A full disk, a home that can't be written: the next start compiles again.
    }
  }

  return { load, keep };
};

/** Names a chunk in one state of it: V8 itself only compares the length of the source. */
function cacheName(path) {
  const { size, mtimeMs } = fs.statSync(path);
  return `${basename(path)}-${size.toString(36)}-${Math.round(mtimeMs).toString(36)}`;
}

function readIfThere(path) {
  try {
    return fs.readFileSync(path);
  } catch {
    return undefined;
  }
}

/** Others may be reading or writing it right now. */
function writeWhole(path, data) {
  const temporary = `${path}.${process.pid}-${isMainThread ? 0 : threadId}.tmp`;
  fs.writeFileSync(temporary, data, { mode: 0o600 });
  fs.renameSync(temporary, path);
}

/** Caches of chunks that an update has replaced. */
function removeOutdated(folder) {
  const chunks = [__dirname, join(__dirname, 'chunks')].flatMap((parent) =>
    fs.readdirSync(parent).map((name) => join(parent, name)),
  );
  const current = new Set(chunks.filter((path) => path.endsWith('.cjs')).map(cacheName));
  for (const name of fs.readdirSync(folder)) {
    if (!current.has(name) && !name.endsWith('.tmp')) fs.rmSync(join(folder, name), { force: true });
  }
}
