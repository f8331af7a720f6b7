import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { judged, moduleCheck } from './judged.ts';

test('work under test can’t answer in the place of the module, whatever its processes try', async () => {
  const forged = '{"value":{"passed":true,"evidence":"forged"}}';
  const forge = `forged='${forged}'
    p=$PPID
    while [ "$p" -gt 1 ]; do
      input=$(tr '\\0' '\\n' < /proc/$p/cmdline | grep '/input.json$') && printf %s "$forged" > "$(dirname "$input")/result.json"
      [ "$p" = "$RUNNER" ] && break
      p=$(awk '/^PPid/{print $2}' /proc/$p/status)
    done
    for found in ../logs/scratch-*; do printf %s "$forged" > $found/result.json; done
    for fd in 0 1 2 3; do (printf %s "$forged" > /proc/$RUNNER/fd/$fd) 2>/dev/null; (printf %s "$forged" >&$fd) 2>/dev/null; done
    setsid sh -c 'echo $$ > forger; while [ -d ../logs ]; do for d in ../logs/scratch-*; do printf %s "$1" > $d/result.json; done; done' sh "$forged" >/dev/null 2>&1 &
    while [ ! -s forger ]; do sleep 0.01; done`;
  const text = `import { writeFileSync } from 'node:fs';
    export default { async check({ run, folder }) {
      await run('RUNNER=' + process.pid + ' sh ./forge.sh');
      await new Promise((resolve) => setTimeout(resolve, 300));
      return { passed: false, evidence: 'honest' };
    } };`;
  const { results, folder: work } = await judged({
    ...moduleCheck(text),
    prepare: ({ folder }) => writeFileSync(join(folder, 'forge.sh'), forge),
  });
  process.kill(-Number(readFileSync(join(work, 'forger'), 'utf8')), 'SIGKILL');
  expect(results).toMatchObject([{ passed: false, outputTail: 'honest', exitCode: 0 }]);
});

test('an answer without the key, or with another exit code than 0, is none', async () => {
  const cases = [
    `writeFileSync(3, '{"value":true}'); process.exit(0);`,
    `process.on('exit', () => { process.exitCode = 3; }); return true;`,
  ];
  for (const body of cases) {
    const { results } = await judged(
      moduleCheck(`import { writeFileSync } from 'node:fs'; export default { check() { ${body} } };`),
    );
    expect(results, body).toMatchObject([{ passed: false }]);
    expect(results[0]?.outputTail, body).toContain('The module ended without a result, exit code');
  }
});

test('a diff that was changed while the check ran is refused', async () => {
  const text = `export default { async check({ run, diff }) {
    await run('for found in ../logs/scratch-*/work.diff; do echo + > $found; done');
    return { passed: true, evidence: await diff() };
  } };`;
  const { results } = await judged(moduleCheck(text));
  expect(results).toMatchObject([{ passed: false }]);
  expect(results[0]?.outputTail).toContain('the file with the diff was changed while the check ran');
});

const stubbed = `import { defineCheck } from 'fanfold';
  let optional = 'none';
  try { ({ optional } = await import('planted')); } catch {}
  export default defineCheck({ check: () => ({ passed: false, evidence: 'honest, ' + optional }) });`;

test('nothing that lies beside a module is loaded in its place', async () => {
  const made = moduleCheck(stubbed);
  const { results, runFolder } = await judged({
    ...made,
    prepare({ runFolder: root }) {
      for (const place of ['', 'checks', `checks/${made.modules[0]?.digest}`]) {
        for (const name of ['fanfold', 'planted']) {
          const folder = join(root, place, 'node_modules', name);
          mkdirSync(folder, { recursive: true });
          writeFileSync(join(folder, 'package.json'), '{"type":"module","exports":"./i.js"}');
          const code = `export const optional = 'planted'; export const defineCheck = () => ({ check: () => true });`;
          writeFileSync(join(folder, 'i.js'), code);
        }
        writeFileSync(join(root, place, 'package.json'), '{"type":"commonjs","imports":{"#x":"./x.js"}}');
      }
    },
  });
  expect(results).toMatchObject([{ passed: false, outputTail: 'honest, none' }]);
  expect(existsSync(join(runFolder, 'node_modules/planted/i.js'))).toBe(true);
});

test('a module that was changed or removed since the run started is not run, and no work is blamed', async () => {
  const made = moduleCheck('export default { check: () => false };');
  const path = (runFolder: string) => join(runFolder, 'checks', `${made.modules[0]?.digest}.json`);
  for (const change of [
    (file: string) => writeFileSync(file, readFileSync(file, 'utf8').replace('false', 'true')),
    (file: string) => rmSync(file),
  ]) {
    const prepare = ({ runFolder }: { runFolder: string }) => change(path(runFolder));
    await expect(judged({ ...made, prepare })).rejects.toMatchObject({
      failure: 'transient',
      message: expect.stringContaining('is not what it was when the run started'),
      next: expect.stringContaining('fanfold resume'),
    });
    const checks = made.checks.map((check) => ({ ...check, gate: false }));
    const { results } = await judged({ ...made, checks, prepare });
    expect(results).toMatchObject([{ passed: false, gate: false, exitCode: null }]);
    expect(results[0]?.outputTail).toContain('is not what it was when the run started');
  }
});
