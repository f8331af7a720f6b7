// The demo's codemod over a whole package: through Fanfold (mailbox, workers, merges, reports) against the bare
// `ast-grep scan -U` over the same files. Both results must be the same tree, byte for byte.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fanfold, measure, median, printTable, project, spread, temporaryFolder } from './measure.js';

const rounds = 7;
export const refactorRule = join(project, 'examples/parallel-refactor/rules/no-var.yml');

export async function bench() {
  const { folder, remove } = temporaryFolder('refactor');
  try {
    const { repository, files } = makeCorpus(join(folder, 'repository'));
    const plain = join(folder, 'plain');
    const taskFile = join(folder, 'fanfold.yml');
    writeFileSync(taskFile, refactorTaskFile());
    mkdirSync(join(folder, 'rules'));
    cpSync(refactorRule, join(folder, 'rules/no-var.yml'));

    const ours = [];
    const theirs = [];
    for (let round = 0; round <= rounds; round += 1) {
      git(repository, 'update-ref', '-d', 'refs/heads/fanfold/bench');
      rmSync(join(repository, '.fanfold'), { recursive: true, force: true });
      const run = await measure([process.execPath, fanfold, 'run', taskFile, '--repo', repository, '--json']);
      rmSync(plain, { recursive: true, force: true });
      git(folder, 'clone', '--quiet', repository, plain);
      const scan = await measure(
        [
          join(project, 'node_modules/.bin/ast-grep'),
          'scan',
          '-U',
          '-r',
          refactorRule,
          '--globs',
          '**/*.js',
          '--globs',
          '!**/*.min.js',
          '.',
        ],
        { cwd: plain },
      );
      if (round === 0) continue; // warm-up
      ours.push(run);
      theirs.push(scan);
    }
    git(plain, 'add', '--all');
    const same = git(plain, 'write-tree') === git(repository, 'rev-parse', 'fanfold/bench^{tree}');
    const changed = git(repository, 'diff', '--name-only', 'main', 'fanfold/bench').split('\n').length;
    const column = (runs, field) => spread(runs.map((run) => run[field]));
    printTable(
      `Refactor: ${files.length} files, ${changed} changed, ${rounds} rounds; median (min–max)`,
      ['', 'wall ms', 'CPU ms', 'peak MiB'],
      [
        ['fanfold run', column(ours, 'wallMs'), column(ours, 'cpuMs'), spread(ours.map(mebibytes))],
        ['ast-grep scan -U', column(theirs, 'wallMs'), column(theirs, 'cpuMs'), spread(theirs.map(mebibytes))],
      ],
    );
    const ratios = ours.map((run, index) => run.wallMs / theirs[index].wallMs);
    console.log(`ratio of wall times, pair by pair: ${spread(ratios, 2)}; median ${median(ratios).toFixed(2)}`);
    console.log(`same tree, byte for byte: ${same ? 'yes' : 'NO'}`);
    if (!same) process.exitCode = 1;
  } finally {
    remove();
  }
}

/** A repository with a whole package in it: `{repository, files, git}`. */
export function makeCorpus(repository) {
  cpSync(join(project, 'node_modules/lodash'), repository, { recursive: true });
  git(repository, 'init', '--quiet', '--initial-branch=main');
  git(repository, 'add', '--all');
  git(repository, '-c', 'user.name=b', '-c', 'user.email=b@localhost', 'commit', '--quiet', '-m', 'base');
  const files = git(repository, 'ls-files', '*.js', ':!*.min.js').split('\n');
  return { repository, files, git: (...args) => git(repository, ...args) };
}

function git(cwd, ...args) {
  return execFileSync('git', args, { cwd, encoding: 'utf8', maxBuffer: 2 ** 28 }).trim();
}

const mebibytes = ({ peakBytes }) => peakBytes / 2 ** 20;

export function refactorTaskFile() {
  return `version: 1
name: bench
subtasks:
  - { id: monolith, codemod: rules/no-var.yml, files: [lodash.js], writes: [lodash.js] }
  - id: part-\${{ item.index }}
    forEach: { files: ["**/*.js", "!**/*.min.js", "!lodash.js"], chunk: 88 }
    codemod: rules/no-var.yml
    files: ["\${{ item.paths }}"]
    writes: ["\${{ item.paths }}"]
`;
}
