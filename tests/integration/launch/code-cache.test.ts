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

  /** Every word has the same length, and every state the same time, as in packages that are unpacked. */
  function say(word: string): void {
    const path = join(installation(), 'chunks/word.cjs');
    writeFileSync(path, `exports.word = '${word}';`);
    utimesSync(path, 499_162_500, 499_162_500);
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

  it('is not used for a chunk that changed and kept its length and time', () => {
    start();
    say('two');
    expect(start()).toEqual({ said: 'two', compiled: ['word.cjs'] });
    expect(readdirSync(roleFolder())).toHaveLength(2);
  });

  it.each([
    ['torn', (data: Buffer) => data.subarray(0, 100)],
    ['empty', () => Buffer.alloc(0)],
    ['zeroed in the middle', (data: Buffer) => Buffer.from(data).fill(0, 64, data.length - 64)],
  ])('does no harm when it is %s', (_, damage) => {
    start();
    for (const name of readdirSync(roleFolder())) {
      const path = join(roleFolder(), name);
      writeFileSync(path, damage(readFileSync(path)));
    }
    expect(start()).toEqual({ said: 'one', compiled: ['main.cjs', 'word.cjs'] });
    expect(start().compiled).toEqual([]);
  });

  it('is neither read nor written where others may write', () => {
    start();
    const before = readdirSync(roleFolder());
    chmodSync(roleFolder(), 0o777);
    say('two');
    expect(start()).toEqual({ said: 'two', compiled: ['main.cjs', 'word.cjs'] });
    expect(readdirSync(roleFolder())).toEqual(before);
  });

  it.each(['', '.'])('is not kept in the folder worked on, where HOME is %j', (HOME) => {
    const places = { HOME, XDG_CACHE_HOME: '.cache' };
    expect([start(places), start(places)].map(({ compiled }) => compiled)).toEqual(
      Array(2).fill(['main.cjs', 'word.cjs']),
    );
    expect(readdirSync(installation())).not.toContain('.cache');
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

  it.each(['/proc', '/dev/null', '/nonexistent'])('is done without where it can not be written: %s', (place) => {
    expect(start({ XDG_CACHE_HOME: place })).toEqual({ said: 'one', compiled: ['main.cjs', 'word.cjs'] });
    expect(start({ XDG_CACHE_HOME: '', HOME: place })).toEqual({ said: 'one', compiled: ['main.cjs', 'word.cjs'] });
  });

  it('forgets what starts that were killed have left, an hour later', () => {
    start();
    const [old, young] = ['a.1-0.tmp', 'b.1-0.tmp'].map((name) => join(roleFolder(), name));
    for (const path of [old, young]) writeFileSync(path ?? '', '');
    utimesSync(old ?? '', 1_000_000, 1_000_000);
    say('two');
    start();
    expect(readdirSync(roleFolder()).filter((name) => name.endsWith('.tmp'))).toEqual(['b.1-0.tmp']);
  });
});
