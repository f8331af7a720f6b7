import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder, temporaryRepository } from '../support/temporary-repository.ts';

const project = resolve(import.meta.dirname, '../..');

test('the packed tarball installs into an empty project and works there, as a command and as a library', () => {
  const folder = temporaryFolder();
  const npm = (...args: string[]): string =>
    execFileSync('npm', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: project, stdio: 'ignore' });
  const [tarball = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  npm('init', '--yes');
  npm('install', `./${tarball}`, '--no-audit', '--no-fund', '--ignore-scripts');

  // No dependency that users get has an install script.
  const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { hasInstallScript?: boolean; dev?: boolean }>;
  };
  const scripts = Object.entries(lock.packages).filter(([, entry]) => entry.hasInstallScript === true);
  expect(scripts).toEqual([]);

  const repository = temporaryRepository({
    'a.js': 'var a = 1;\n',
    'rule.yml': 'id: no-var\nlanguage: JavaScript\nrule: { pattern: "var $N = $V" }\nfix: const $N = $V\n',
    'fanfold.yml':
      'version: 1\nname: packed\nsubtasks:\n  - { id: one, codemod: rule.yml }\n  - { id: two, run: "echo 2 > two" }\n',
  });
  const command = join(folder, 'node_modules', '.bin', 'fanfold');
  const output = execFileSync(command, ['run', 'fanfold.yml'], { cwd: repository.folder, encoding: 'utf8' });
  expect(output).toContain('2 landed');
  expect(repository.read('fanfold/packed', 'a.js')).toBe('const a = 1\n');

  writeFileSync(
    join(folder, 'use.ts'),
    `import { createAgent, defineTool, FanfoldError, type Model, plan, run, type FanfoldEvent, type RunResult } from 'fanfold';
const seen: FanfoldEvent['type'][] = [];
const folder: string = ${JSON.stringify(repository.folder)};
const result: RunResult = await run(
  { version: 1, name: 'library', subtasks: [{ id: 'three', run: 'echo 3 > three' }] },
  { folder, onEvent: (event) => void seen.push(event.type) },
);
if (result.end.exitCode !== 0 || seen[0] !== 'run-start' || seen.at(-1) !== 'run-end') throw new Error(JSON.stringify(result.end));
const refused = await plan('missing.yml', { folder }).catch((error: unknown) => error);
if (!(refused instanceof FanfoldError) || refused.code !== 'task-file-not-found') throw new Error(String(refused));
const model: Model = {
  name: 'own',
  async stream({ messages }) {
    const usage = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, usd: 0 };
    const content = messages.length === 1
      ? [{ type: 'tool_use' as const, id: 'one', name: 'Double', input: { of: 21 } }]
      : [{ type: 'tool_use' as const, id: 'two', name: 'submit_result', input: { number: 42 } }];
    return { ok: true, content, stopReason: null, usage };
  },
};
const doubled: number[] = [];
const double = defineTool<{ of: number }>({
  name: 'Double',
  description: 'Doubles.',
  input: { type: 'object', properties: { of: { type: 'number' } }, required: ['of'] },
  run: ({ of }) => doubled.push(2 * of),
});
const agent = createAgent<{ number: number }>({
  model,
  tools: [double],
  output: { type: 'object', properties: { number: { type: 'number' } }, required: ['number'] },
});
const answer = await agent.run('task');
await agent.close();
if (answer.status !== 'done' || answer.output?.number !== doubled[0]) throw new Error(JSON.stringify(answer));
console.log('works');
`,
  );
  // The types that are shipped hold up in a strict project.
  const compilerOptions = {
    strict: true,
    module: 'nodenext',
    target: 'es2023',
    lib: ['es2023', 'esnext.disposable'],
    outDir: 'out',
    types: ['node'],
    typeRoots: [join(project, 'node_modules/@types')],
    skipLibCheck: false,
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.ts'] }));
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ ...JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')), type: 'module' }),
  );
  const compiled = (() => {
    try {
      return execFileSync(process.execPath, [join(project, 'node_modules/typescript/bin/tsc')], {
        cwd: folder,
        encoding: 'utf8',
      });
    } catch (error) {
      return (error as { stdout: string }).stdout;
    }
  })();
  expect(compiled).toBe('');
  cpSync(join(project, 'examples/agent-from-code'), join(folder, 'example'), { recursive: true });
  expect(execFileSync(process.execPath, ['example/agent.js'], { cwd: folder, encoding: 'utf8' })).toContain('192.45');
  expect(execFileSync(process.execPath, ['out/use.js'], { cwd: folder, encoding: 'utf8' })).toBe('works\n');
}, 240_000);
