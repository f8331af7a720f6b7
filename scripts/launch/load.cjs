/**
 * Loads the bundle chunk by chunk, with V8's code cache: compiling is a third of what a start costs. Called by cli.js,
 * worker.js and index.mjs, which the build puts beside it. Promise: whatever is wrong with the cache, the code runs.
 *
 * Node 20 has no `module.enableCompileCache`; this does the same for our own chunks, and obeys the same switch,
 * NODE_DISABLE_COMPILE_CACHE.
 */
'use strict';
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const { createRequire } = require('node:module');
const { basename, dirname, join, resolve } = require('node:path');
const vm = require('node:vm');
const { isMainThread, threadId } = require('node:worker_threads');
const { crc32 } = require('node:zlib');
const { cacheFolder, isOwn, makeFolder } = require('./code-cache-folder.cjs');

const checksumBytes = 4;
/** A start that is still writing is younger. */
const oldMs = 3_600_000;

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
    const text = fs.readFileSync(path, 'utf8');
    const name = folder === undefined ? undefined : cacheName(path, text);
    const cachedData = isReadable ? readWhole(join(folder, name)) : undefined;
    const source = `(function (exports, require, module, __filename, __dirname, __import) {${text}\n})`;
    const script = new vm.Script(source, { filename: path, cachedData });
    if (name !== undefined && (cachedData === undefined || script.cachedDataRejected)) compiled.set(name, script);
    return script;
  }

  function keep() {
    if (compiled.size === 0) return;
    try {
      makeFolder(folder);
      if (!isOwn(folder)) return;
      for (const [name, script] of compiled) writeWhole(join(folder, name), script.createCachedData());
      removeOutdated(folder);
    } catch {
      // A full disk, a home that can't be written: the next start compiles again.
    }
  }

  return { load, keep };
};

/** Names a chunk with this text: V8 itself only compares the length of the source. */
function cacheName(path, text) {
  return `${basename(path)}-${createHash('sha1').update(text).digest('base64url')}`;
}

/** V8 runs damaged data until it crashes, so what a power cut may have torn ends with a checksum. */
function readWhole(path) {
  try {
    const file = fs.readFileSync(path);
    const data = file.subarray(0, -checksumBytes);
    return file.readUInt32LE(data.length) === crc32(data) ? data : undefined;
  } catch {
    return undefined;
  }
}

/** Others may be reading or writing it right now. */
function writeWhole(path, data) {
  const checksum = Buffer.alloc(checksumBytes);
  checksum.writeUInt32LE(crc32(data));
  const temporary = `${path}.${process.pid}-${isMainThread ? 0 : threadId}.tmp`;
  fs.writeFileSync(temporary, Buffer.concat([data, checksum]), { mode: 0o600 });
  fs.renameSync(temporary, path);
}

/** Caches of chunks that an update has replaced, and what starts that were killed have left. */
function removeOutdated(folder) {
  const chunks = [__dirname, join(__dirname, 'chunks')].flatMap((parent) =>
    fs.readdirSync(parent).map((name) => join(parent, name)),
  );
  const current = new Set(
    chunks.filter((path) => path.endsWith('.cjs')).map((path) => cacheName(path, fs.readFileSync(path, 'utf8'))),
  );
  for (const name of fs.readdirSync(folder)) {
    const path = join(folder, name);
    const isOver = name.endsWith('.tmp') ? fs.statSync(path).mtimeMs < Date.now() - oldMs : !current.has(name);
    if (isOver) fs.rmSync(path, { force: true });
  }
}
