import { access, chmod, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { commandEnvironment } from '../../../ipc/index.ts';
import { createTools, type ToolsOptions } from '../../../worker/agent/tools/create-tools.ts';
import { createPathJail } from '../../../worker/agent/tools/path-jail.ts';
import type { ToolResult } from '../../../worker/agent/tools/tool.ts';
import { temporaryFolder } from './temporary-folder.ts';

let outer: string;
let root: string;

beforeEach(async () => {
  outer = await temporaryFolder();
  root = join(outer, 'workspace');
  await mkdir(join(root, 'src'), { recursive: true });
  await writeFile(join(outer, 'secret.txt'), 'outside');
  await writeFile(join(root, 'src/a.js'), 'var one = 1;\nvar two = 2;\n');
});

function use(options: Partial<ToolsOptions> = {}) {
  const tools = new Map(
    createTools({ root, environment: commandEnvironment(process.env), ...options }).map((tool) => [
      tool.definition.name,
      tool,
    ]),
  );
  return async (name: string, input: Record<string, unknown>): Promise<ToolResult> => {
    const prepared = tools.get(name)?.prepare(input);
    if (prepared === undefined) throw new Error(`no tool ${name}`);
    if (!prepared.ok) return { content: prepared.problem, isError: true };
    return prepared.execute(new AbortController().signal);
  };
}

describe('the path jail', () => {
  beforeEach(async () => {
    await symlink(outer, join(root, 'out'));
    await symlink(join(outer, 'secret.txt'), join(root, 'secret-link'));
    await symlink(join(outer, 'nowhere'), join(root, 'dangling'));
    await symlink('src', join(root, 'inside'));
    await symlink(join(root, '.git'), join(root, 'git-link'));
    await mkdir(join(root, '.git'));
    await mkdir(join(root, 'vendor/.git'), { recursive: true });
    await mkdir(join(root, 'vendor/.fanfold/runs'), { recursive: true });
    await mkdir(join(root, '.fanfold/runs'), { recursive: true });
    await symlink('.fanfold', join(root, 'state-link'));
    await symlink('.fanfold/runs', join(root, 'src/runs'));
  });

  it.each([
    '../secret.txt',
    '/etc/passwd',
    'src/../../secret.txt',
    'out/secret.txt',
    'out/new.txt',
    'secret-link',
    'dangling',
    'dangling/deeper',
    '.git/config',
    '.GIT/config',
    'git-link/config',
    'vendor/.git/config',
    '.git',
    '.fanfold',
    '.fanfold/runs/new',
    'src/../.fanfold/runs/new',
    '.FanFold/runs/new',
    'state-link/runs/new',
    'src/runs/new',
    'src/runs',
    'vendor/.fanfold/runs/new',
    'a\0b',
  ])('refuses %j for every tool', async (path) => {
    const tool = use();
    for (const [name, input] of [
      ['Read', { file_path: path }],
      ['Write', { file_path: path, content: 'x' }],
      ['Edit', { file_path: path, old_string: 'a', new_string: 'b' }],
      ['Glob', { pattern: '*', path }],
      ['Grep', { pattern: 'x', path }],
    ] as const) {
      const result = await tool(name, input);
      expect(result, name).toMatchObject({ isError: true, content: expect.stringContaining('path-outside-workspace') });
    }
    expect(await readFile(join(outer, 'secret.txt'), 'utf8')).toBe('outside');
    await expect(access(join(outer, 'new.txt'))).rejects.toThrow();
    await expect(access(join(outer, 'nowhere'))).rejects.toThrow();
  });

  it('lets through what stays inside, by relative and absolute path and through inner symlinks', () => {
    const jail = createPathJail(root);
    expect(jail.resolve('src/a.js')).toMatchObject({ ok: true, relative: 'src/a.js' });
    expect(jail.resolve(join(root, 'src/a.js'))).toMatchObject({ ok: true, relative: 'src/a.js' });
    expect(jail.resolve('inside/a.js')).toMatchObject({ ok: true, relative: 'src/a.js', given: 'inside/a.js' });
    expect(jail.resolve('new/deep/file')).toMatchObject({ ok: true, absolute: join(root, 'new/deep/file') });
    expect(jail.resolve('..file')).toMatchObject({ ok: true });
    expect(jail.resolve('.gitignore')).toMatchObject({ ok: true });
    expect(jail.resolve('.fanfold.yml')).toMatchObject({ ok: true });
    expect(jail.resolve('.')).toMatchObject({ ok: true, relative: '.' });
  });
});

describe('the state of runs', () => {
  beforeEach(async () => {
    for (const place of ['.fanfold/runs/r', '.FANFOLD/r', 'src/.fanfold']) {
      await mkdir(join(root, place), { recursive: true });
      await writeFile(join(root, place, 'mark.txt'), 'marked\n');
    }
    await writeFile(join(root, 'src/mark.txt'), 'marked\n');
  });

  it.each([
    '**',
    '**/mark.txt',
    'mark.txt',
    '.fanfold/**',
    '.FANFOLD/**',
    '{src,.fanfold}/**/mark.txt',
    '**/.fanfold/*',
  ])('is not among what Glob finds by %s', async (pattern) => {
    const { content, isError } = await use()('Glob', { pattern });
    expect(isError).toBe(false);
    expect(content.split('\n').filter((path) => /fanfold/i.test(path))).toEqual([]);
  });

  it.each([undefined, '*', '**/mark.txt', '.fanfold/**'])(
    'is not among what Grep searches, with the glob %s',
    async (glob) => {
      const tool = use();
      const found = await tool('Grep', { pattern: 'marked', ...(glob === undefined ? {} : { glob }) });
      expect(found.content).toBe(glob === '.fanfold/**' ? 'No match.' : 'src/mark.txt\n'.trim());
    },
  );

  it('is out of reach from a worktree, which lies in it', async () => {
    const worktree = join(root, '.fanfold/workspaces/w');
    await mkdir(join(worktree, 'src'), { recursive: true });
    const tool = use({ root: worktree });
    for (const path of [
      '../../runs/r/mark.txt',
      'src/../../../runs/r/mark.txt',
      join(root, '.fanfold/runs/r/mark.txt'),
    ]) {
      expect(await tool('Read', { file_path: path })).toMatchObject({ isError: true });
      expect(await tool('Write', { file_path: path, content: 'x' })).toMatchObject({ isError: true });
    }
    expect(await tool('Write', { file_path: '.fanfold/runs/x', content: 'x' })).toMatchObject({ isError: true });
    expect(await tool('Write', { file_path: 'src/new.txt', content: 'x' })).toMatchObject({ isError: false });
    expect(await readFile(join(root, '.fanfold/runs/r/mark.txt'), 'utf8')).toBe('marked\n');
  });
});

describe('Read', () => {
  it('numbers lines and reads parts', async () => {
    expect(await use()('Read', { file_path: 'src/a.js' })).toEqual({
      content: '     1\tvar one = 1;\n     2\tvar two = 2;\n',
      isError: false,
    });
    const part = await use()('Read', { file_path: 'src/a.js', offset: 1, limit: 1 });
    expect(part.content).toBe('     1\tvar one = 1;\n(Lines 1 to 1 of 2. Go on with offset 2.)\n');
    expect(await use()('Read', { file_path: 'src/a.js', offset: 3 })).toMatchObject({ isError: true });
  });

  it('says what it is when it is no text', async () => {
    await writeFile(join(root, 'binary'), Buffer.from([1, 0, 2]));
    await writeFile(join(root, 'latin'), Buffer.from([0x66, 0xfc, 0x72]));
    await writeFile(join(root, 'empty'), '');
    const tool = use();
    await tool('Bash', { command: 'mkfifo pipe' });
    expect((await tool('Read', { file_path: 'binary' })).content).toContain('binary file (3 bytes)');
    expect((await tool('Read', { file_path: 'latin' })).content).toContain('not UTF-8');
    expect((await tool('Read', { file_path: 'empty' })).content).toBe('(The file is empty.)');
    expect((await tool('Read', { file_path: 'src' })).content).toContain('is a folder');
    expect((await tool('Read', { file_path: 'pipe' })).content).toContain('not a regular file');
    expect((await tool('Read', { file_path: 'gone' })).content).toContain('There is no file gone');
  });

  it('bounds a huge file', async () => {
    await writeFile(join(root, 'huge'), `${'x'.repeat(5000)}\n`.repeat(300));
    const { content } = await use()('Read', { file_path: 'huge' });
    expect(content.length).toBeLessThan(90_000);
    expect(content).toMatch(/Go on with offset \d+/);
  });
});

describe('Write and Edit', () => {
  it('creates files with their folders', async () => {
    await use()('Write', { file_path: 'deep/er/new.txt', content: 'new ü' });
    expect(await readFile(join(root, 'deep/er/new.txt'), 'utf8')).toBe('new ü');
  });

  it('changes only what was read, and read in its present state', async () => {
    const tool = use();
    const edit = { file_path: 'src/a.js', old_string: 'var one', new_string: 'const one' };
    expect((await tool('Edit', edit)).content).toContain('not been read');
    expect((await tool('Write', { file_path: 'src/a.js', content: '' })).content).toContain('not been read');
    await tool('Read', { file_path: 'src/a.js' });
    await writeFile(join(root, 'src/a.js'), 'var one = 1; // changed by somebody else\n');
    expect((await tool('Edit', edit)).content).toContain('changed since');
    await tool('Read', { file_path: 'src/a.js' });
    expect(await tool('Edit', edit)).toEqual({ content: 'Changed src/a.js.', isError: false });
    expect(await tool('Edit', { ...edit, old_string: '= 1', new_string: '= $& $1 2' })).toMatchObject({
      isError: false,
    });
    expect(await readFile(join(root, 'src/a.js'), 'utf8')).toBe('const one = $& $1 2; // changed by somebody else\n');
  });

  it('wants one occurrence unless told otherwise', async () => {
    const tool = use();
    await tool('Read', { file_path: 'src/a.js' });
    const edit = { file_path: 'src/a.js', old_string: 'var', new_string: 'let' };
    expect((await tool('Edit', edit)).content).toContain('occurs 2 times');
    expect((await tool('Edit', { ...edit, old_string: 'nope' })).content).toContain('does not occur');
    expect((await tool('Edit', { ...edit, replace_all: true })).content).toBe('Changed src/a.js in 2 places.');
    expect(await readFile(join(root, 'src/a.js'), 'utf8')).toBe('let one = 1;\nlet two = 2;\n');
  });

  it('keeps carriage returns, byte order marks and modes', async () => {
    await writeFile(join(root, 'dos.sh'), '\ufeffa\r\nb\r\n');
    await chmod(join(root, 'dos.sh'), 0o755);
    const tool = use();
    await tool('Read', { file_path: 'dos.sh' });
    await tool('Edit', { file_path: 'dos.sh', old_string: 'a\nb', new_string: 'c\nd' });
    expect(await readFile(join(root, 'dos.sh'), 'utf8')).toBe('\ufeffc\r\nd\r\n');
    expect((await stat(join(root, 'dos.sh'))).mode & 0o777).toBe(0o755);
  });

  it('writes only what the subtask declared', async () => {
    const tool = use({ writes: ['src/**', '!src/b.js'] });
    expect(await tool('Write', { file_path: 'src/c.js', content: '' })).toMatchObject({ isError: false });
    for (const path of ['other.js', 'src/b.js']) {
      const refused = await tool('Write', { file_path: path, content: '' });
      expect(refused.content).toContain('write-set-violation');
      expect(refused.content).toContain('src/**');
      await expect(access(join(root, path))).rejects.toThrow();
    }
  });
});

describe('Glob and Grep', () => {
  beforeEach(async () => {
    await mkdir(join(root, 'src/lib'));
    await mkdir(join(root, '.git'));
    await mkdir(join(root, 'secrets'));
    await mkdir(join(root, 'build'));
    await writeFile(join(root, '.gitignore'), 'build\n');
    await writeFile(join(root, '.git/config'), 'needle');
    await writeFile(join(root, 'build/out.js'), 'needle');
    await writeFile(join(root, 'secrets/key.js'), 'needle');
    await writeFile(join(root, 'src/lib/b.js'), 'a Needle here\n-- needle\n');
    await writeFile(join(root, 'src/c.ts'), 'needle\n');
    await writeFile(join(root, 'src/binary.js'), Buffer.from('\0needle'));
  });

  it.each([
    [{ pattern: '*.js' }, ['secrets/key.js', 'src/a.js', 'src/binary.js', 'src/lib/b.js']],
    [{ pattern: 'src/*.js' }, ['src/a.js', 'src/binary.js']],
    [{ pattern: 'src/**/*.{js,ts}' }, ['src/a.js', 'src/binary.js', 'src/c.ts', 'src/lib/b.js']],
    [{ pattern: '**/b.*', path: 'src' }, ['src/lib/b.js']],
    [{ pattern: 'lib/*', path: 'src' }, ['src/lib/b.js']],
    [{ pattern: '*.py' }, ['No file matches.']],
  ])('lists %j', async (input, expected) => {
    expect((await use()('Glob', input)).content.split('\n')).toEqual(expected);
  });

  it.each(['../*', '/etc/*', '!*.js', 'src/../../*'])('refuses the pattern %s', async (pattern) => {
    expect(await use()('Glob', { pattern })).toMatchObject({ isError: true });
  });

  it.each([
    [{ pattern: 'needle' }, ['secrets/key.js', 'src/c.ts', 'src/lib/b.js']],
    [{ pattern: 'needle', '-i': true, output_mode: 'count', path: 'src/lib' }, ['src/lib/b.js:2']],
    [{ pattern: 'needle', output_mode: 'content', glob: '*.ts' }, ['src/c.ts:1:needle']],
    [
      { pattern: '-- needle', output_mode: 'content', '-n': false, '-B': 1 },
      ['src/lib/b.js-a Needle here', 'src/lib/b.js:-- needle'],
    ],
    [{ pattern: 'needle', path: 'src/c.ts', output_mode: 'content' }, ['src/c.ts:1:needle']],
    [{ pattern: 'needle', head_limit: 1 }, ['secrets/key.js', '(2 more lines. Search narrower, or raise head_limit.)']],
    [{ pattern: 'nothing such' }, ['No match.']],
  ])('searches %j', async (input, expected) => {
    expect((await use()('Grep', input)).content.split('\n')).toEqual(expected);
  });

  it('says what is wrong with a pattern', async () => {
    expect(await use()('Grep', { pattern: '(' })).toMatchObject({
      isError: true,
      content: expect.stringContaining('unclosed'),
    });
  });

  it.each(['/secrets/**', 'secrets', '*.js'])('hides what must not be read (%s)', async (glob) => {
    const tool = use({ hidden: [glob] });
    expect((await tool('Glob', { pattern: '*.js' })).content).not.toContain('secrets');
    expect((await tool('Glob', { pattern: 'secrets/*' })).content).not.toContain('key');
    expect((await tool('Grep', { pattern: 'needle' })).content).not.toContain('secrets');
    expect((await tool('Grep', { pattern: 'needle', glob: '*.js' })).content).not.toContain('secrets');
  });
});

describe('Bash', () => {
  it('runs in the workspace without secrets and without input', async () => {
    const environment = commandEnvironment({ PATH: process.env['PATH'], ANTHROPIC_API_KEY: 'sk-secret', KEPT: 'yes' });
    const tool = use({ environment });
    const { content, isError } = await tool('Bash', { command: 'pwd; env; cat; echo end' });
    expect(isError).toBe(false);
    expect(content).toContain(root);
    expect(content).toContain('KEPT=yes');
    expect(content).not.toContain('sk-secret');
    expect(content).toContain('end');
  });

  it('reports exit codes, time limits and empty output, and removes control sequences', async () => {
    const tool = use();
    expect(await tool('Bash', { command: 'echo oops >&2; exit 3' })).toEqual({
      content: 'oops\n(exit code 3)',
      isError: true,
    });
    expect(await tool('Bash', { command: 'true' })).toEqual({ content: '(no output)', isError: false });
    expect((await tool('Bash', { command: "printf '\\033[31mred\\033[0m'" })).content).toBe('red');
    const late = await tool('Bash', { command: 'echo begun; sleep 30', timeout: 100 });
    expect(late).toEqual({ content: 'begun\n(ended after its time limit of 100 ms)', isError: true });
  });

  it('keeps the whole output in the log and gives the start and the end of what is very long', async () => {
    const commandLog = join(outer, 'output.log');
    const tool = use({ commandLog });
    const { content } = await tool('Bash', { command: 'seq 1 400000' });
    expect(content.length).toBeLessThan(2_001_000);
    expect(content).toMatch(/^1\n2\n/);
    expect(content).toMatch(/\n400000$/);
    const log = await readFile(commandLog, 'utf8');
    expect(log).toBe(`$ seq 1 400000\n${Array.from({ length: 400_000 }, (_, index) => `${index + 1}\n`).join('')}`);
  });
});
