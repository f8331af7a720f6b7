import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FanfoldError, type LoadOptions, loadTaskFile } from '../../../tasks/index.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fanfold-load-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function write(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function failure(path: string, options: LoadOptions = {}): Promise<FanfoldError> {
  const error = await loadTaskFile(path, options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof FanfoldError) return error;
  throw new Error('expected a FanfoldError', { cause: error });
}

const taskFile = { version: 1, name: 'a', subtasks: [{ id: 'a', run: 'true' }] };
const json = JSON.stringify(taskFile);
const trusted = { trustModules: true };

describe('loadTaskFile', () => {
  it.each([
    ['a.yml', `# comment\n${json}`],
    ['a.yaml', 'version: 1\nname: a\nsubtasks:\n- id: a\n  run: "true"\n'],
    ['a.json', json],
    ['a', json],
    ['default.mjs', `export default ${json};`],
    ['named.mjs', `export const taskFile = ${json};`],
    ['function.mjs', `export default async () => (${json});`],
    ['common.cjs', `module.exports = ${json};`],
  ])('reads %s', async (name, content) => {
    expect((await loadTaskFile(await write(name, content), trusted)).taskFile).toEqual(taskFile);
  });

  it('names the path as it was given, with line and column', async () => {
    const path = await write('wrong.yml', 'version: 1\nname: A\nsubtasks: []\n');
    const error = await failure(path);
    expect(error.code).toBe('task-file-invalid');
    expect(error.message).toContain(`${path}:2:7: name: found "A"`);
    expect(error.data).toMatchObject({
      file: path,
      problems: [
        { line: 2, column: 7, path: 'name' },
        { line: 3, column: 11 },
      ],
    });
  });

  it('runs no module without trust', async () => {
    const marker = join(folder, 'marker');
    const path = await write(
      'evil.mjs',
      `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(marker)}, ''); export default ${json};`,
    );
    const error = await failure(path);
    expect(error.code).toBe('task-file-untrusted');
    expect(error.next).toContain('--trust');
    await expect(rm(marker)).rejects.toThrow('ENOENT');
    await loadTaskFile(path, trusted);
    await rm(marker);
  });

  it.each([
    ['nothing', 'export const other = 1;', 'exports neither a default nor a taskFile'],
    ['a failure', 'throw new Error("broken");', 'failed when it ran: broken'],
    ['a syntax error', 'export default {', 'failed when it ran'],
    ['an invalid object', 'export default { version: 2 };', 'version: found the number 2; allowed the number 1'],
  ])('refuses a module with %s', async (name, content, message) => {
    const error = await failure(await write(`${name.replaceAll(' ', '-')}.mjs`, content), trusted);
    expect(error.code).toBe('task-file-invalid');
    expect(error.message).toContain(message);
  });

  it('stops waiting for a module when asked', async () => {
    const path = await write('endless.mjs', 'export default () => new Promise(() => {});');
    const stop = new AbortController();
    const loading = loadTaskFile(path, { ...trusted, signal: stop.signal });
    setTimeout(() => stop.abort(), 50);
    await expect(loading).rejects.toThrow('aborted');
  });

  it('says what to do about TypeScript where Node can not load it', async () => {
    const path = await write('a.ts', `const file: object = ${json};\nexport default file;`);
    if ('typescript' in process.features && process.features.typescript) {
      expect((await loadTaskFile(path, trusted)).taskFile).toEqual(taskFile);
    } else {
      expect(await failure(path, trusted)).toMatchObject({
        code: 'task-file-invalid',
        next: expect.stringContaining('Node 22.18'),
      });
    }
  });

  it('refuses what is missing, no file, too large or no text', async () => {
    expect(await failure(join(folder, 'none.yml'))).toMatchObject({ code: 'task-file-not-found' });
    expect(await failure(join(folder, 'none.yml'))).toMatchObject({ next: expect.stringContaining('fanfold init') });
    expect(await failure(folder)).toMatchObject({ code: 'task-file-unreadable' });
    const large = await write('large.yml', Buffer.alloc(10_000_001, '#'));
    expect((await failure(large)).message).toContain('is larger than 10,000,000 bytes');
    expect((await failure(await write('latin.yml', Buffer.from('goal: \xe9', 'latin1')))).message).toContain(
      'is not valid UTF-8',
    );
    expect((await failure(await write('utf16.yml', Buffer.from('\ufeffa: 1', 'utf16le')))).message).toContain(
      'is not valid UTF-8',
    );
  });

  it('reads a file of 10,000 subtasks in a few seconds', async () => {
    const lines = Array.from(
      { length: 10_000 },
      (_, index) => `  - id: s-${index}\n    run: node build.js ${index}\n    writes: [out/${index}/**]\n`,
    );
    const path = await write('many.yml', `version: 1\nname: many\nsubtasks:\n${lines.join('')}`);
    const started = performance.now();
    expect((await loadTaskFile(path)).taskFile.subtasks).toHaveLength(10_000);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
