// The same task file twice over the corpus of the refactor bench: what the second run, which does nothing anew, costs.
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fanfold, measure, median, printTable, spread, temporaryFolder } from './measure.js';
import { makeCorpus, refactorRule, refactorTaskFile } from './refactor.js';

const rounds = 7;

export async function bench() {
  const { folder, remove } = temporaryFolder('cached');
  try {
    const { repository, files, git } = makeCorpus(join(folder, 'repository'));
    const taskFile = join(folder, 'fanfold.yml');
    writeFileSync(taskFile, refactorTaskFile());
    mkdirSync(join(folder, 'rules'));
    cpSync(refactorRule, join(folder, 'rules/no-var.yml'));
    const run = async () => {
      const measured = await measure([process.execPath, fanfold, 'run', taskFile, '--repo', repository, '--json']);
      const { subtasks, commit } = JSON.parse(measured.stdout.trimEnd().split('\n').at(-1));
      return { ...measured, subtasks, commit };
    };
    const first = [];
    const second = [];
    let same = true;
    for (let round = 0; round <= rounds; round += 1) {
      git('update-ref', '-d', 'refs/heads/fanfold/bench');
      rmSync(join(repository, '.fanfold'), { recursive: true, force: true });
      const fresh = await run();
      const again = await run();
      same &&= again.subtasks.cached === fresh.subtasks.landed && again.commit === fresh.commit;
      if (round === 0) continue; // warm-up
      first.push(fresh);
      second.push(again);
    }
    const column = (runs, field) => spread(runs.map((measured) => measured[field]));
    printTable(
      `Cached: the refactor of ${files.length} files twice, ${rounds} rounds; median (min–max)`,
      ['', 'wall ms', 'CPU ms'],
      [
        ['first run', column(first, 'wallMs'), column(first, 'cpuMs')],
        ['second run', column(second, 'wallMs'), column(second, 'cpuMs')],
      ],
    );
    const ratios = second.map((again, index) => again.wallMs / first[index].wallMs);
    console.log(`second run ÷ first run, pair by pair: ${spread(ratios, 2)}; median ${median(ratios).toFixed(2)}`);
    console.log(`all of it cached, the branch the same commit: ${same ? 'yes' : 'NO'}`);
    if (!same) process.exitCode = 1;
  } finally {
    remove();
  }
}
