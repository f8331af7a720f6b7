/** An assignment in a temporary folder, and deliveries of it: in this process, or in one that can be killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import { type Assignment, attemptFolder, openRepository, runFolder, stateFolder } from '../../../ipc/index.ts';
import type { Check, ProgressInput, Subtask } from '../../../tasks/index.ts';
import { createModelSource } from '../../../worker/agent/model/model-source.ts';
import { runSubtask } from '../../../worker/attempt/run-subtask.ts';
import { createWorkerServices } from '../../../worker/serving/services.ts';
import { createSimulatedApi, type Script, type SimulatedApi } from '../../simulated-api/server.js';
import { temporaryFolder, temporaryRepository } from '../../support/temporary-repository.ts';

export interface Place {
  folder: string;
  api: SimulatedApi;
  assignment: Assignment;
  logFolder: string;
}

export async function place(
  folder: string,
  script: Script,
  subtask: Partial<Subtask> = {},
  base?: string,
): Promise<Place> {
  const api = await createSimulatedApi({ script });
  onTestFinished(() => api.close());
  const run = runFolder(stateFolder(folder), 'run-1').root;
  mkdirSync(run, { recursive: true });
  const assignment: Assignment = {
    run: 'run-1',
    attempt: 1,
    repository: folder,
    runFolder: run,
    ...(base === undefined ? {} : { base }),
    subtask: {
      id: 'part',
      needs: [],
      executor: { kind: 'prompt', prompt: 'Do it.' },
      writes: [],
      environment: {},
      workspace: 'worktree',
      retries: 0,
      timeoutMs: 120_000,
      permissions: { mode: 'bypassPermissions', allow: [], ask: [], deny: [] },
      model: { baseUrl: api.url },
      checks: [],
      ...subtask,
    },
  };
  return { folder, api, assignment, logFolder: attemptFolder(run, 'part', 1) };
}

export async function inGit(script: Script, subtask?: Partial<Subtask>, files: Record<string, string> = {}) {
  const fixture = temporaryRepository({ 'a.txt': 'var a;\n', '.gitignore': '.fanfold\n', ...files });
  const base = fixture.git('rev-parse', 'HEAD');
  return { ...(await place(fixture.folder, script, subtask, base)), fixture, base };
}

/** A delivery in this process; `services` are those of the thread, for several deliveries to share. */
export async function deliver(
  { folder, assignment, api }: Place,
  changed: Partial<Assignment> = {},
  signal: AbortSignal = new AbortController().signal,
) {
  const repository = await openRepository(folder);
  await using services = createWorkerServices({ folder, repository, run: 'run-1', worker: 'worker-2' });
  const events: ProgressInput[] = [];
  const outcome = await runSubtask(
    { ...assignment, ...changed },
    { ...services, models: createModelSource({ environment: api.environment }) },
    { signal, report: (event) => events.push(event) },
  );
  const said = events.flatMap((event) => (event.type === 'subtask-progress' ? [event.activity] : []));
  return { outcome, said };
}

/** A delivery in a process of its own, by the bundled child. */
export function start({ assignment, api }: Place, child: string): ChildProcess {
  const file = join(temporaryFolder(), 'assignment.json');
  writeFileSync(file, JSON.stringify(assignment));
  const started = spawn(process.execPath, [child, file], {
    env: { PATH: process.env['PATH'], ...api.environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  onTestFinished(() => void started.kill('SIGKILL'));
  return started;
}

export async function kill(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await gone;
}

export async function until(child: ChildProcess, holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 50_000;
  while (!holds()) {
    if (Date.now() > deadline || child.exitCode !== null) expect.unreachable('it did not come to that');
    await sleep(10);
  }
}

export const check = (name: string, run: string, rest: Partial<Check> = {}): Check =>
  ({ name, run, gate: true, timeoutMs: 60_000, on: ['workspace'], ...rest }) as Check;
export const write = (name: string, content: string) => ({
  type: 'tool_use' as const,
  name: 'Write',
  input: { file_path: name, content },
});
export const bash = (command: string) => ({ type: 'tool_use' as const, name: 'Bash', input: { command } });
export const says = (text: string) => ({ content: [{ type: 'text' as const, text }] });
