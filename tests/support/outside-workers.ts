import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FanfoldEvent } from '../../tasks/index.ts';
import { type FanfoldProcess, startFanfold } from './run-fanfold.ts';
import { type TestRepository, temporaryRepository } from './temporary-repository.ts';

/** Part of a command: leave a file that says which process works on the subtask, then wait for a file of that name. */
export function markAndWaitFor(subtask: string, file: string): string {
  return `echo $PPID > ../../../at-${subtask}-$PPID; while [ ! -e ../../../${file} ]; do sleep 0.05; done`;
}

export interface SharedRun {
  repository: TestRepository;
  run: FanfoldProcess;
  /** Start a worker process beside the run; it serves one subtask at a time. */
  startWorker(...args: string[]): FanfoldProcess;
  /** Process ids of those who have worked, or work, on a subtask. */
  workersOf(subtask: string): number[];
  /** Let everything go on that waits for the file. */
  make(file: string): void;
  /** Events of the run so far. */
  events(): FanfoldEvent[];
}

/** A run that works on one subtask at a time by itself, in a real repository. */
export function startSharedRun(taskFile: string, ...args: string[]): SharedRun {
  const repository = temporaryRepository({ '.gitignore': 'at-*\ngo\nend\n', 'fanfold.yml': taskFile });
  const { folder } = repository;
  const options = ['--json', '--threads', '1', '--concurrency', '1', '--lease', '3', ...args];
  const run = startFanfold(['run', 'fanfold.yml', ...options], { folder });
  return {
    repository,
    run,
    startWorker: (...more) => startFanfold(['worker', '--concurrency', '1', '--threads', '1', ...more], { folder }),
    workersOf(subtask) {
      const marks = readdirSync(folder).filter((name) => /^at-.*-\d+$/.test(name));
      return marks.flatMap((name) => (name.slice(3).replace(/-\d+$/, '') === subtask ? [markOf(folder, name)] : []));
    },
    make: (file) => repository.write({ [file]: '' }),
    events: () => eventsOf(run),
  };
}

/** The events that a process with --json has printed so far. */
export function eventsOf(process: FanfoldProcess): FanfoldEvent[] {
  const whole = process.stdout().slice(0, process.stdout().lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as FanfoldEvent);
}

function markOf(folder: string, name: string): number {
  const text = readFileSync(join(folder, name), 'utf8').trim();
  return Number(text || name.slice(name.lastIndexOf('-') + 1));
}
