import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const launchers = join(import.meta.dirname, '../../../scripts/launch');

describe('the code cache', () => {
  let folder: string;
  const installation = () => join(folder, 'dist');
  const caches = () => join(folder, 'cache');

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fanfold-code-cache-'));
    mkdirSync(join(installation(), 'chunks'), { recursive: true });
    for (const name of ['load.cjs', 'code-cache-folder.cjs']) {
      copyFileSync(join(launchers, name), join(installation(), name));
    }
    writeFileSync(join(installation(), 'main.cjs'), "exports.say = () => require('./chunks/word.cjs').word;");
    say('one');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Every word has the same length. */
  function say(word: string, at = new Date(1_000_000)): void {
    const path = join(installation(), 'chunks/word.cjs');
    writeFileSync(path, `exports.word = '${word}';`);
    utimesSync(path, at, at);
  }

  /** Runs the bundle as a start does: what it says, and the chunks that had no cache. */
  function start(environment: NodeJS.ProcessEnv = {}): { said: string; compiled: string[] } {
    const script = `
      const vm = require('node:vm');
      const compiled = [];
      const { Script } = vm;
      vm.Script = class extends Script {
        constructor(source, options) {
          super(source, options);
          const spared = options.cachedData !== undefined && this.cachedDataRejected === false;
          if (!spared) compiled.push(require('node:path').basename(options.filename));
        }
      };
      const { load, keep } = require('./load.cjs').createLoader('test');
      const said = load(require('node:path').join(process.cwd(), 'main.cjs')).say();
      keep();
      console.log(JSON.stringify({ said, compiled }));`;
    const output = execFileSync(process.execPath, ['-e', script], {
      cwd: installation(),
      env: { PATH: process.env['PATH'], HOME: folder, XDG_CACHE_HOME: caches(), ...environment },
      encoding: 'utf8',
    });
    return JSON.parse(output);
  }

  function roleFolder(): string {
    const code = join(caches(), 'fanfold/code');
    const [name] = readdirSync(code);
    return join(code, name ?? '', 'test');
  }

  it('spares the second start all compiling', () => {
    expect(start()).toEqual({ said: 'one', compiled: ['main.cjs', 'word.cjs'] });
    expect(start()).toEqual({ said: 'one', compiled: [] });
    expect(statSync(roleFolder()).mode & 0o777).toBe(0o700);
  });

  it('is not used for a chunk that changed without changing its length', () => {
    start();
    say('two', new Date(2_000_000));
    expect(start()).toEqual({ said: 'two', compiled: ['word.cjs'] });
    expect(readdirSync(roleFolder())).toHaveLength(2);
  });

  it('does no harm when it is torn', () => {
    start();
    for (const name of readdirSync(roleFolder())) {
      const path = join(roleFolder(), name);
      writeFileSync(path, readFileSync(path).subarray(0, 100));
    }
    expect(start()).toEqual({ said: 'one', compiled: ['main.cjs', 'word.cjs'] });
    expect(start().compiled).toEqual([]);
  });

  it('is neither read nor written where others may write', () => {
    start();
    const before = readdirSync(roleFolder());
    chmodSync(roleFolder(), 0o777);
    say('two', new Date(2_000_000));
    expect(start()).toEqual({ said: 'two', compiled: ['main.cjs', 'word.cjs'] });
    expect(readdirSync(roleFolder())).toEqual(before);
  });

  it('is not used through a link', () => {
    start();
    const elsewhere = join(folder, 'elsewhere');
    mkdirSync(elsewhere, { mode: 0o700 });
    const role = roleFolder();
    rmSync(role, { recursive: true });
    symlinkSync(elsewhere, role);
    expect(start().compiled).toEqual(['main.cjs', 'word.cjs']);
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  it('is switched off as the one of Node is', () => {
    expect(start({ NODE_DISABLE_COMPILE_CACHE: '1' }).said).toBe('one');
    expect(() => readdirSync(caches())).toThrow('ENOENT');
  });

  it('is done without where it can not be written', () => {
    writeFileSync(caches(), 'a file');
    expect(start()).toEqual({ said: 'one', compiled: ['main.cjs', 'word.cjs'] });
  });
});
