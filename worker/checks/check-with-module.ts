/**
 * A check that is a function in a module. Called by run-checks.ts. The module runs in a process of its own, without
 * secrets in its environment, and is ended with all it started; what it prints goes to its log, what it returns to a
 * file that only it is told of.
 */
import { statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commandEnvironment, findCheckModule, secretsIn } from '../../ipc/index.ts';
import type { CheckResult, ModuleCheck } from '../../tasks/index.ts';
import { withoutSecrets } from '../processes/redact-secrets.ts';
import { runCommand } from '../processes/run-command.ts';
import { fileName, openScratch } from './check-files.ts';
import { explainEnd } from './check-with-command.ts';
import type { ChecksOptions } from './run-checks.ts';
import { runnerSource } from './runner-source.ts';
import { cutEvidence, readVerdict, type Verdict } from './verdict.ts';

const outputLength = 3_500;
const longestResultBytes = 1_000_000;

export async function checkWithModule(
  check: ModuleCheck,
  folder: string,
  { environment, logFolder, subject, use, signal }: ChecksOptions,
): Promise<CheckResult> {
  const { name, gate, minimum, timeoutMs } = check;
  const module = findCheckModule(use.runFolder, check.module.digest);
  if (module === undefined) return { ...refused(check), durationMs: 0 };
  using scratch = openScratch(logFolder);
  const [inputFile, resultFile, diffFile] = ['input.json', 'result.json', 'work.diff'].map((file) =>
    join(scratch.folder, file),
  ) as [string, string, string];
  await subject.writeDiff(diffFile, signal);
  const { writeDiff: _, ...known } = subject;
  const context = { folder, ...known, variables: environment };
  await writeFile(inputFile, JSON.stringify({ module, diffFile, resultFile, context }), { mode: 0o600 });
  const ended = await runCommand({
    command: [process.execPath, '--input-type=module', '--eval', runnerSource, inputFile],
    folder,
    environment: commandEnvironment(process.env, environment),
    signal,
    timeoutMs,
    keep: { head: 0, tail: outputLength },
    logFile: join(logFolder, `check-${fileName(name)}.log`),
  });
  const isWhole = ended.ended === 'by-itself';
  const verdict = isWhole ? await readResult(resultFile, minimum) : { passed: false };
  const output = ended.output.trimEnd() + explainEnd(ended, timeoutMs);
  const missing =
    isWhole && verdict === undefined ? `\nThe module ended without a result, exit code ${ended.exitCode}.` : '';
  const { passed = false, score, evidence } = verdict ?? {};
  return {
    name,
    passed,
    gate,
    durationMs: ended.durationMs,
    exitCode: ended.exitCode,
    outputTail: evidence ?? output + missing,
    ...(score === undefined ? {} : { score }),
    ...(minimum === undefined ? {} : { minimum }),
  };
}

/** Undefined where there is none: the module ended its process. */
async function readResult(path: string, minimum: number | undefined): Promise<Verdict | undefined> {
  const bytes = statSync(path, { throwIfNoEntry: false })?.size;
  if (bytes === undefined) return undefined;
  if (bytes > longestResultBytes) {
    return { passed: false, evidence: `The result of the check has ${bytes} bytes; allowed ${longestResultBytes}.` };
  }
  try {
    // It was not printed, so nothing has taken secrets out of it yet.
    const text = withoutSecrets(await readFile(path, 'utf8'), secretsIn(process.env));
    const result = JSON.parse(text) as { value: unknown } | { error: string };
    if ('value' in result) return readVerdict(result.value, minimum);
    return { passed: false, evidence: cutEvidence(`The check failed: ${result.error}`) };
  } catch {
    return { passed: false, evidence: 'The result of the check is no JSON.' };
  }
}

function refused({ name, gate, module }: ModuleCheck): Omit<CheckResult, 'durationMs'> {
  const outputTail = `The check was not run: ${module.path} in the folder of the run is not what it was when the run started. Start the run again.`;
  return { name, passed: false, gate, exitCode: null, outputTail };
}
