import { type ChildProcess, spawn } from 'node:child_process';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { FanfoldEvent, RunEnd } from '../../tasks/index.ts';

const commandLine = resolve(import.meta.dirname, '../../dist/cli.js');

export interface FanfoldProcess {
  child: ChildProcess;
  /** What has come so far. */
  stdout(): string;
  stderr(): string;
  ended: Promise<FanfoldResult>;
}

export interface FanfoldResult {
  exitCode: number | null;
  stdout: string;
  stderr: string;
  /** The lines of standard output as events; throws when one is not JSON. */
  events(): FanfoldEvent[];
  /** The last event, which must be run-end. */
  end(): RunEnd;
}

export interface FanfoldOptions {
  folder: string;
  environment?: Record<string, string>;
}

/** The environment of tests: no credentials of the machine, no terminal, the key of whoever tests. */
function testEnvironment(added: Record<string, string> = {}): NodeJS.ProcessEnv {
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(ANTHROPIC|CLAUDE|FORCE_COLOR)/.test(name)),
  );
  const state = process.env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state');
  return { ...environment, HOME: '/nonexistent', XDG_STATE_HOME: state, NO_COLOR: '1', ...added };
}

/** Start the built command line as a user would. */
export function startFanfold(args: readonly string[], { folder, environment }: FanfoldOptions): FanfoldProcess {
  const child = spawn(process.execPath, [commandLine, ...args], {
    cwd: folder,
    env: testEnvironment(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  const events = (): FanfoldEvent[] =>
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  const ended = new Promise<FanfoldResult>((resolveEnd) => {
    child.once('close', (exitCode) =>
      resolveEnd({
        exitCode,
        stdout,
        stderr,
        events,
        end() {
          const last = events().at(-1);
          if (last?.type !== 'run-end') throw new Error(`the last event is ${last?.type}: ${stderr}`);
          return last;
        },
      }),
    );
  });
  return { child, stdout: () => stdout, stderr: () => stderr, ended };
}

export function runFanfold(args: readonly string[], options: FanfoldOptions): Promise<FanfoldResult> {
  return startFanfold(args, options).ended;
}

/** Wait until a condition holds; throws after 20 s. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolveWait) => setTimeout(resolveWait, 20));
  }
}
