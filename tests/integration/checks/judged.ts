import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { digestCheckModule, writeCheckModules } from '../../../ipc/index.ts';
import { addUsage, type Check, type CheckModule, type CheckResult, noUsage, type Usage } from '../../../tasks/index.ts';
import { createModelSource, type ModelSource } from '../../../worker/agent/model/model-source.ts';
import type { CheckSubject } from '../../../worker/checks/check-subject.ts';
import { runChecks } from '../../../worker/checks/run-checks.ts';
import { writeNoDiff } from '../../../worker/checks/write-diff.ts';
import { temporaryFolder } from '../../support/temporary-repository.ts';

export interface Judged {
  results: CheckResult[];
  /** The folder that was judged. */
  folder: string;
  logFolder: string;
  runFolder: string;
  usage: Usage;
}

export interface Judging {
  checks: readonly Check[];
  modules?: readonly CheckModule[];
  subject?: Partial<CheckSubject>;
  environment?: Record<string, string>;
  models?: ModelSource;
  signal?: AbortSignal;
  /** Called before the checks run. */
  prepare?: (places: { folder: string; runFolder: string }) => void;
}

/** Runs checks over an empty folder, as a worker would. */
export async function judged(judging: Judging): Promise<Judged> {
  const root = temporaryFolder();
  const [folder, runFolder, logFolder] = [join(root, 'work'), join(root, 'run'), join(root, 'logs')];
  for (const path of [folder, runFolder, logFolder]) mkdirSync(path);
  writeCheckModules({ root: runFolder }, judging.modules);
  judging.prepare?.({ folder, runFolder });
  let usage = noUsage();
  const results = await runChecks(folder, {
    checks: judging.checks,
    environment: judging.environment ?? {},
    logFolder,
    subject: {
      on: 'workspace',
      changedFiles: [],
      outcome: {},
      writeDiff: (path) => writeNoDiff(path),
      ...judging.subject,
    },
    models: judging.models ?? createModelSource({ environment: {} }),
    use: { run: 'run-1', runFolder, repository: folder, subtask: 'part', attempt: 1 },
    signal: judging.signal ?? new AbortController().signal,
    spend(used) {
      usage = addUsage(usage, used);
    },
  });
  return { results, folder, logFolder, runFolder, usage };
}

const settings = { gate: true, timeoutMs: 20_000, on: ['workspace' as const] };

/** A check with this module, and the module. */
export function moduleCheck(text: string, more: Partial<Check> = {}, files: CheckModule['files'] = []) {
  const all = [{ path: 'check.mjs', text }, ...files];
  const digest = digestCheckModule(all);
  const check: Check = { name: 'own', module: { path: 'check.mjs', digest }, ...settings, ...more };
  return { checks: [check], modules: [{ digest, files: all }] };
}

export function judgeCheck(url: string, more: Partial<Check> = {}, rubric = 'The change is small.'): Check {
  const judge = { rubric, model: { name: 'claude-sonnet-5-5', baseUrl: url }, deny: [] };
  return { name: 'small', judge, ...settings, minimum: 0.7, ...more };
}
