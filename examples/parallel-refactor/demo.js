// The demo: a real package in a temporary git repository, refactored in parallel, verified, merged. Needs no key.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('../../', import.meta.url));
const source = join(project, 'node_modules', 'lodash');
const { version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
const repository = join(realpathSync(mkdtempSync(join(tmpdir(), 'fanfold-demo-'))), 'lodash');
const git = (...args) => execFileSync('git', args, { cwd: repository, encoding: 'utf8' }).trimEnd();

cpSync(source, repository, { recursive: true });
git('init', '--quiet', '--initial-branch=main');
git('add', '--all');
git('-c', 'user.name=Demo', '-c', 'user.email=demo@localhost', 'commit', '--quiet', '--message', `lodash ${version}`);
const before = git('grep', '-cE', '^\\s*var ', 'main', '--', '*.js', ':!*.min.js');
const count = (listing) => listing.split('\n').reduce((sum, line) => sum + Number(line.split(':').at(-1) || 0), 0);
console.log(
  `lodash ${version}: ${git('ls-files', '*.js').split('\n').length} source files, ${count(before)} lines that declare with var\n`,
);

const taskFile = fileURLToPath(new URL('fanfold.yml', import.meta.url));
const run = spawnSync(process.execPath, [join(project, 'dist', 'cli.js'), 'run', taskFile, '--repo', repository], {
  stdio: 'inherit',
});
if (run.status !== 0) {
  console.error(`\nSomething did not land (exit code ${run.status}). The repository: ${repository}`);
  process.exit(run.status ?? 1);
}

const after = spawnSync('git', ['grep', '-cE', '^\\s*var ', 'fanfold/no-var', '--', '*.js', ':!*.min.js'], {
  cwd: repository,
  encoding: 'utf8',
});
console.log(`\n$ git log --oneline --graph fanfold/no-var\n${git('log', '--oneline', '--graph', 'fanfold/no-var')}`);
console.log(
  `\nLines that declare with var: ${count(before)} before, ${count(after.stdout.trim())} after (those whose scope would change).`,
);
console.log(`${git('diff', '--shortstat', 'main', 'fanfold/no-var').trim()}.`);
console.log(`The repository: ${repository}`);
