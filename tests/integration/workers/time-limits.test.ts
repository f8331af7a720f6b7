import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type Assignment, type Outcome, openRepository } from '../../../ipc/index.ts';
import type { Subtask } from '../../../tasks/index.ts';
import { runSubtask } from '../../../worker/attempt/run-subtask.ts';
import { createWorkerServices, type WorkerServices } from '../../../worker/serving/services.ts';
import { expandText } from '../../support/expand-text.ts';
import { temporaryRepository } from '../../support/temporary-repository.ts';

interface Settings {
  subtask?: Partial<Subtask>;
  services?: Partial<WorkerServices>;
  graceMs?: number;
}

/** The outcome of one attempt, worked on in this process, in a repository of its own. */
async function attempt(yaml: string, { subtask: changes, services: replaced, graceMs }: Settings = {}) {
  const test = temporaryRepository({ 'a.js': 'var a = 1;\n' });
  const repository = await openRepository(test.folder);
  const services = createWorkerServices({ folder: test.folder, repository, run: 'r', worker: 'worker-1' });
  onTestFinished(() => services[Symbol.asyncDispose]());
  const [subtask] = (await expandText(`subtasks: [${yaml}]\n`)).subtasks;
  const runFolder = join(test.folder, '.fanfold/runs/r');
  mkdirSync(runFolder, { recursive: true });
  const assignment: Assignment = {
    run: 'r',
    subtask: { ...(subtask as Subtask), ...changes },
    attempt: 1,
    repository: test.folder,
    runFolder,
    base: test.git('rev-parse', 'HEAD'),
  };
  const startedAt = performance.now();
  const outcome: Outcome = await runSubtask(
    assignment,
    { ...services, ...replaced },
    { signal: new AbortController().signal, report: () => {}, ...(graceMs === undefined ? {} : { graceMs }) },
  );
  return { outcome, durationMs: performance.now() - startedAt, folder: test.folder };
}

const timedOut = { result: 'failed', error: { code: 'timeout', failure: 'timeout' } };

function processesOf(marker: string): string {
  try {
    return execFileSync('pgrep', ['-f', marker], { encoding: 'utf8' });
  } catch {
    return '';
  }
}

it('ends a command that ignores SIGTERM, with what it started', async () => {
  const marker = `sleep 61.${process.pid}`;
  const { outcome, durationMs } = await attempt(
    `{ id: s, timeout: 1s, run: "trap '' TERM; ${marker} & ${marker}; ${marker}" }`,
  );
  expect(outcome).toMatchObject(timedOut);
  expect(durationMs).toBeLessThan(20_000);
  expect(processesOf(marker)).toBe('');
});

it('does not wait for a daemon that keeps the output open', async () => {
  const { outcome, durationMs } = await attempt('{ id: s, run: "echo x > made; setsid sleep 5 & true" }');
  expect(outcome).toMatchObject({ result: 'changed', changedFiles: ['made'] });
  expect(durationMs).toBeLessThan(4_500);
});

it('a check has a limit of its own, and ends with what it started', async () => {
  const marker = `sleep 62.${process.pid}`;
  const { outcome, durationMs } = await attempt(
    `{ id: s, run: "echo x > made", checks: [{ name: hangs, timeout: 1s, run: "trap '' TERM; setsid sleep 5 & ${marker} & wait; ${marker}" }] }`,
  );
  expect(outcome.checks).toMatchObject([
    { name: 'hangs', passed: false, exitCode: null, outputTail: expect.stringContaining('did not end within 1 s') },
  ]);
  expect(durationMs).toBeLessThan(20_000);
  expect(processesOf(marker)).toBe('');
});

it('the limit of a subtask counts for its checks too', async () => {
  const { outcome, durationMs } = await attempt(
    '{ id: s, timeout: 2s, run: "echo x > made", checks: [{ name: long, run: "sleep 63" }] }',
  );
  expect(outcome).toMatchObject(timedOut);
  expect(durationMs).toBeLessThan(20_000);
});

it('the limit of a subtask counts for its workspace too', async () => {
  const { outcome, durationMs } = await attempt('{ id: s, timeout: 300ms, run: "true" }', {
    services: {
      worktrees: {
        // As a git that waits: it ends with its signal.
        acquire: (_, signal) =>
          new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
        release: async () => {},
        lend: async () => {},
        [Symbol.asyncDispose]: async () => {},
      },
    },
  });
  expect(outcome).toMatchObject(timedOut);
  expect(durationMs).toBeLessThan(10_000);
});

it('work that no signal reaches is given up', async () => {
  const { outcome } = await attempt('{ id: s, timeout: 200ms, run: "true" }', {
    graceMs: 200,
    // As a disk that is gone: nothing ends it.
    subtask: { executor: { kind: 'codemod', rules: [{ path: 'r.yml', text: '' }], files: [] } },
    services: { treeOf: () => new Promise(() => {}) },
  });
  expect(outcome).toMatchObject(timedOut);
});
