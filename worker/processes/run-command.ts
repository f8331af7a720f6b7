/**
 * Runs a command in a process group of its own, so that it can be ended with all it started. Called by the Bash, Glob
 * and Grep tools, the `run` executor and checks. Promise: it never throws for what the command does, stops within two
 * seconds and a half of an abort or its time limit, and leaves no process of the group behind, background ones included.
 * It uses node:child_process: execa ends only the direct child and waits for pipes that background processes hold.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { runnerMark, secretsIn } from '../../ipc/index.ts';
import { messageOf, stripControl } from '../../tasks/index.ts';
import { openBoundedLog } from './bounded-log.ts';
import { createKeptText } from './kept-text.ts';
import { createRedactor } from './redact-secrets.ts';

export interface CommandOptions {
  /** A line for the shell (`/bin/sh -c`), or a program and its arguments without a shell. */
  command: string | readonly [program: string, ...argumentList: string[]];
  /** Absolute path. */
  folder: string;
  /** The whole environment, but for the mark that says who runs it; see commandEnvironment in ipc. */
  environment: Readonly<Record<string, string>>;
  signal: AbortSignal;
  timeoutMs?: number;
  /** Characters of the output kept from its start and from its end. Default 20,000 each. */
  keep?: { head: number; tail: number };
  /** Appended with both streams as they come, up to `logLimitBytes` (default 10 MB), of the rest the end. */
  logFile?: string;
  logLimitBytes?: number;
  /** Keep standard output alone as well, up to so many bytes. */
  stdoutLimitBytes?: number;
  /** Written to standard input, which is empty without it. */
  input?: string;
  /** Take an answer over file descriptor 3, a socket that no process can open by its name, and keep up to so many bytes. */
  answerLimitBytes?: number;
  /** Values that must not appear in any output; by default those of this process's secret variables. */
  secrets?: readonly { name: string; value: string }[];
}

export interface CommandResult {
  /** Null when it was ended by a signal or never started. */
  exitCode: number | null;
  /** Why it did not end by itself: `signal` is one that somebody else sent. */
  ended: 'by-itself' | 'timeout' | 'aborted' | 'signal' | 'not-started';
  /** Both streams in order of arrival, cut in the middle, control sequences removed. */
  output: string;
  /** Standard output as it was, secrets aside; undefined when not asked for or longer than the limit. */
  stdout: string | undefined;
  /** As it was, secrets included; the text is undefined when longer than the limit. */
  answer: { bytes: number; text: string | undefined };
  durationMs: number;
  /** Why it could not be started. */
  startError?: string;
}

const usualLogLimit = 10_000_000;
const usualKeep = { head: 20_000, tail: 20_000 };
/** From SIGTERM to SIGKILL. */
const graceMs = 2_000;
/** From the end of the command until its pipes are given up. */
const drainMs = 200;
/** From SIGKILL until even a process that the kernel does not let go, as on a dead network disk, is given up. */
const lossMs = 5_000;

export async function runCommand(options: CommandOptions): Promise<CommandResult> {
  const { command, folder, environment, signal, keep = usualKeep, secrets = secretsIn(process.env) } = options;
  const startedAt = performance.now();
  const output = createKeptText(keep.head, keep.tail);
  const stdout = createCapture(options.stdoutLimitBytes ?? 0);
  const answer = createCapture(options.answerLimitBytes ?? 0);
  const result = (end: CommandEnd): CommandResult => ({
    ...end,
    output: stripControl(output.toString()),
    stdout: stdout.text(),
    answer: { bytes: answer.bytes(), text: answer.text() },
    durationMs: Math.round(performance.now() - startedAt),
  });
  if (signal.aborted) return result({ exitCode: null, ended: 'aborted' });
  const [program, ...argumentList] = typeof command === 'string' ? ['/bin/sh', '-c', command] : command;
  const log =
    options.logFile === undefined ? undefined : openBoundedLog(options.logFile, options.logLimitBytes ?? usualLogLimit);
  try {
    const child = spawn(program, argumentList, {
      cwd: folder,
      env: { ...environment, ...runnerMark(environment, process.env) },
      detached: true,
      stdio: [
        options.input === undefined ? 'ignore' : 'pipe',
        'pipe',
        'pipe',
        ...(options.answerLimitBytes === undefined ? [] : ['pipe' as const]),
      ],
    });
    // It may end before it has read everything, or anything.
    child.stdin?.on('error', () => {}).end(options.input);
    child.stdio[3]?.on('data', answer.add);
    const streams = [child.stdout, child.stderr].flatMap((stream) => {
      if (stream === null) return [];
      const decoder = new TextDecoder();
      const redactor = createRedactor(secrets);
      const take = (bytes: Buffer): void => {
        output.add(decoder.decode(bytes, { stream: true }));
        log?.write(bytes);
        if (stream === child.stdout) stdout.add(bytes);
      };
      stream.on('data', (bytes: Buffer) => take(redactor.write(bytes)));
      return { finish: () => take(redactor.end()) };
    });
    const end = await endOf(child, signal, options.timeoutMs);
    for (const { finish } of streams) finish();
    return result(end);
  } catch (error) {
    return result({ exitCode: null, ended: 'not-started', startError: messageOf(error) });
  } finally {
    log?.close();
  }
}

type CommandEnd = Pick<CommandResult, 'exitCode' | 'ended' | 'startError'>;

/** Waits for the command's own end and its pipes; ends it on abort and time limit, and what it left running always. */
function endOf(child: ChildProcess, signal: AbortSignal, timeoutMs: number | undefined): Promise<CommandEnd> {
  return new Promise((resolve) => {
    const timers: NodeJS.Timeout[] = [];
    let ended: CommandEnd['ended'] = 'by-itself';
    const closePipes = (): void => {
      child.stdout?.destroy();
      child.stderr?.destroy();
      child.stdin?.destroy();
    };
    const kill = (): void => {
      signalGroup(child, 'SIGKILL');
      // A process that left the group may hold the pipes for ever.
      timers.push(setTimeout(closePipes, drainMs));
      timers.push(setTimeout(() => finish({ exitCode: null, ended }), lossMs));
    };
    const terminate = (why: 'timeout' | 'aborted'): void => {
      if (ended !== 'by-itself') return;
      ended = why;
      signalGroup(child, 'SIGTERM');
      timers.push(setTimeout(kill, graceMs));
    };
    const abort = (): void => terminate('aborted');
    signal.addEventListener('abort', abort, { once: true });
    if (timeoutMs !== undefined) timers.push(setTimeout(() => terminate('timeout'), timeoutMs));
    const finish = (end: CommandEnd): void => {
      signalGroup(child, 'SIGKILL');
      for (const timer of timers) clearTimeout(timer);
      child.stdio[3]?.destroy();
      signal.removeEventListener('abort', abort);
      resolve(end);
    };
    child.once('error', (error) => finish({ exitCode: null, ended: 'not-started', startError: error.message }));
    child.once('exit', () => {
      if (ended === 'by-itself') kill();
    });
    child.once('close', (exitCode) => {
      finish({ exitCode, ended: ended === 'by-itself' && exitCode === null ? 'signal' : ended });
    });
  });
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has ended already.
  }
}

/** Bytes up to a limit; beyond it, nothing, since half a document is of no use. */
function createCapture(limitBytes: number) {
  const parts: Buffer[] = [];
  let size = 0;
  return {
    add(bytes: Buffer): void {
      size += bytes.length;
      if (size <= limitBytes) parts.push(bytes);
      else parts.length = 0;
    },
    bytes: () => size,
    text: () => (limitBytes > 0 && size <= limitBytes ? Buffer.concat(parts).toString() : undefined),
  };
}
