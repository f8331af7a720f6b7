import { readFile, realpath } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { commandEnvironment, listTree, resolveCommit } from '../../ipc/index.ts';
import { type ExpansionSources, FanfoldError, matchGlobs, messageOf } from '../../tasks/index.ts';
import { diskFiles, runCommand } from '../../worker/index.ts';
import type { Workplace } from './workplace.ts';

export interface SourcesOptions {
  workplace: Workplace;
  /** The task file's own folder; data and rule files are looked for here first. */
  taskFolder: string;
  /** Commit-ish whose tree is listed inside git. */
  base: string;
  signal: AbortSignal;
}

const commandLimitMs = 60_000;
const outputLimitBytes = 10_000_000;

/** Where an expansion gets its items from: the base's tree (outside git the folder), files beside the task file. */
export function expansionSources({ workplace, taskFolder, base, signal }: SourcesOptions): ExpansionSources {
  let listing: Promise<string[]> | undefined;
  const list = async (): Promise<string[]> => {
    const { repository, folder } = workplace;
    if (repository === undefined) return diskFiles(folder).list();
    return (await listTree(repository, await resolveCommit(repository, base), signal)).map(({ path }) => path);
  };
  return {
    async glob(patterns, kind) {
      listing ??= list();
      return matchGlobs(await listing, patterns, kind);
    },
    async readFile(path) {
      for (const folder of [taskFolder, workplace.folder]) {
        const found = await readInside(folder, path);
        if (found !== undefined) return found;
      }
      throw new FanfoldError({
        code: 'task-file-invalid',
        message: `The file ${JSON.stringify(path)} is neither beside the task file (${taskFolder}) nor in ${workplace.folder}.`,
        next: 'Write its path relative to the task file.',
      });
    },
    async runCommand(command) {
      const ended = await runCommand({
        command,
        folder: workplace.folder,
        environment: commandEnvironment(process.env),
        signal,
        timeoutMs: commandLimitMs,
        stdoutLimitBytes: outputLimitBytes,
      });
      if (ended.exitCode === 0 && ended.stdout !== undefined) return ended.stdout;
      throw new FanfoldError({
        code: 'command-failed',
        message: `The command of forEach failed (${ended.ended === 'by-itself' ? `exit code ${ended.exitCode}` : ended.ended}): ${command}`,
        next: `Run it by hand in ${workplace.folder}; it must end within ${commandLimitMs / 1000} s with exit code 0 and print at most 10 MB.`,
        data: { output: ended.output.slice(-2000) },
      });
    },
  };
}

/** The text of a file inside a folder, symbolic links resolved; undefined when it is not there. */
async function readInside(folder: string, path: string): Promise<string | undefined> {
  const root = await realpath(folder);
  let real: string;
  try {
    real = await realpath(resolve(root, path));
  } catch {
    return undefined;
  }
  if (!real.startsWith(root.endsWith(sep) ? root : root + sep)) {
    throw new FanfoldError({
      code: 'path-outside-workspace',
      message: `The path ${JSON.stringify(path)} leads out of ${root}.`,
      next: 'Keep rule and data files beside the task file or in the repository.',
    });
  }
  try {
    return await readFile(real, 'utf8');
  } catch (cause) {
    throw new FanfoldError({
      code: 'task-file-unreadable',
      message: `The file ${real} can't be read: ${messageOf(cause)}`,
      next: 'Check that it is a file and that you may read it.',
      cause,
    });
  }
}
