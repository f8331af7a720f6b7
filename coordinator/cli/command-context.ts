import type { ReadStream, WriteStream } from 'node:tty';
import type { ThreadPool } from '../workers/thread-pool.ts';
import type { WorkplaceAhead } from './workplace-ahead.ts';

/** What a command may touch of the process it runs in. */
export interface CommandContext {
  /** URL of the worker thread's entry. */
  workerEntry: URL;
  /** Threads that were started ahead for a run; whoever made the context ends them. */
  threadPool: ThreadPool | undefined;
  /** Where the work is, looked for ahead of a run. */
  workplaceAhead?: WorkplaceAhead | undefined;
  version: string;
  /** The current working folder, absolute. */
  folder: string;
  environment: NodeJS.ProcessEnv;
  stdin: ReadStream | NodeJS.ReadStream;
  stdout: WriteStream | NodeJS.WriteStream;
  stderr: WriteStream | NodeJS.WriteStream;
}

/** A command's work. Returns the exit code; throws FanfoldError for what it refuses. */
export type CommandHandler<Options> = (options: Options, context: CommandContext) => Promise<number>;
