/**
 * A check that is a function in a module. Called by run-checks.ts. The module runs in a process of its own, without
 * secrets in its environment, and is ended with all it started; what it prints goes to its log, what it returns comes
 * over a socket of its process with a key that only that process was told, so that work under test can't answer for it.
 * Throws FanfoldError where it could not be run.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { commandEnvironment, readCheckModuleFiles, secretsIn } from '../../ipc/index.ts';
import { type CheckResult, FanfoldError, type ModuleCheck } from '../../tasks/index.ts';
import { withoutSecrets } from '../processes/redact-secrets.ts';
import { type CommandResult, runCommand } from '../processes/run-command.ts';
import { fileName, openScratch } from './check-files.ts';
import { explainEnd, refuseUnstarted } from './check-with-command.ts';
import { writeModuleFolder } from './module-folder.ts';
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
  const files = readCheckModuleFiles(use.runFolder, check.module.digest);
  if (files === undefined) throw changedModule(check);
  using scratch = openScratch(logFolder);
  const diffFile = join(scratch.folder, 'work.diff');
  await subject.writeDiff(diffFile, signal);
  const module = writeModuleFolder(scratch.open('module'), files, use.repository);
  const { writeDiff: _, ...known } = subject;
  const key = randomBytes(32).toString('hex');
  const context = { folder, ...known, variables: environment };
  const ended = await runCommand({
    command: [process.execPath, '--input-type=module', '--eval', runnerSource],
    folder,
    environment: commandEnvironment(process.env, environment),
    signal,
    timeoutMs,
    input: JSON.stringify({ key, module, diffFile, context }),
    answerLimitBytes: key.length + longestResultBytes,
    keep: { head: 0, tail: outputLength },
    logFile: join(logFolder, `check-${fileName(name)}.log`),
  });
  refuseUnstarted(check, ended);
  const isWhole = ended.ended === 'by-itself';
  const verdict = isWhole && ended.exitCode === 0 ? readAnswer(ended.answer, key, minimum) : undefined;
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

/** Undefined where there is none: the module ended its process, or somebody else wrote. */
function readAnswer(
  { bytes, text }: CommandResult['answer'],
  key: string,
  minimum: number | undefined,
): Verdict | undefined {
  if (text === undefined) {
    const length = bytes - key.length;
    return { passed: false, evidence: `The result of the check has ${length} bytes; allowed ${longestResultBytes}.` };
  }
  if (!text.startsWith(key)) return undefined;
  try {
    const result = JSON.parse(text.slice(key.length)) as { value: unknown } | { error: string };
    if ('value' in result) return readVerdict(shownOnly(result.value), minimum);
    return { passed: false, evidence: cutEvidence(`The check failed: ${withoutKnownSecrets(result.error)}`) };
  } catch {
    return { passed: false, evidence: 'The result of the check is no JSON.' };
  }
}

/** It was not printed, so nothing has taken secrets out of it yet; nor is each secret in its JSON as it is. */
function shownOnly(value: unknown): unknown {
  if (typeof value === 'string') return withoutKnownSecrets(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(shownOnly);
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [withoutKnownSecrets(name), shownOnly(inner)]),
  );
}

function withoutKnownSecrets(text: string): string {
  return withoutSecrets(text, secretsIn(process.env));
}

function changedModule({ name, module }: ModuleCheck): FanfoldError {
  return new FanfoldError({
    code: 'workspace-failed',
    message: `The check ${name} was not run: ${module.path} in the folder of the run is not what it was when the run started.`,
    next: 'Go on with `fanfold resume`, which writes it anew; look for what changes files below .fanfold.',
    failure: 'transient',
  });
}
