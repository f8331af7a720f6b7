import { readFile, realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { commandEnvironment, listTree, resolveCommit } from '../../ipc/index.ts';
import { type ExpansionSources, FanfoldError, matchGlobs, messageOf, oneLine } from '../../tasks/index.ts';
import { diskFiles, readCheckModule, runCommand } from '../../worker/index.ts';
import type { Workplace } from './workplace.ts';

export interface SourcesOptions {
  workplace: Workplace;
  /** The task file's own folder; data and rule files are looked for here first. */
  taskFolder: string;
  /** Commit-ish whose tree is listed inside git. */
  base: string;
  signal: AbortSignal;
  /** Modules of checks may run. */
  trustModules?: boolean;
  /** The command line names the model: those of definitions do not count. */
  modelIsGiven?: boolean;
}

const commandLimitMs = 60_000;
const outputLimitBytes = 10_000_000;
/** Characters of what a command printed that an error keeps. */
const longestOutput = 2_000;

export interface FolderSources extends ExpansionSources {
  /** Where a file that was read lies, relative to the folder worked on with `/`; undefined where it lies elsewhere. */
  placeOf(path: string): string | undefined;
}

/** Where an expansion gets its items from: the base's tree (outside git the folder), files beside the task file. */
export function expansionSources(options: SourcesOptions): FolderSources {
  const { workplace, taskFolder, base, signal } = options;
  let listing: Promise<string[]> | undefined;
  const places = new Map<string, string | undefined>();
  const list = async (): Promise<string[]> => {
    const { repository, folder } = workplace;
    if (repository === undefined) return diskFiles(folder).list();
    return (await listTree(repository, await resolveCommit(repository, base), signal)).map(({ path }) => path);
  };
  const readFileOf = async (path: string): Promise<string> => {
    for (const folder of [taskFolder, workplace.folder]) {
      const found = await readInside(folder, path);
      if (found === undefined) continue;
      places.set(path, placeIn(workplace.folder, found.real));
      return found.text;
    }
    throw new FanfoldError({
      code: 'task-file-invalid',
      message: `The file ${JSON.stringify(path)} is neither beside the task file (${taskFolder}) nor in ${workplace.folder}.`,
      next: 'Write its path relative to the task file.',
    });
  };
  return {
    async glob(patterns, kind) {
      listing ??= list();
      return matchGlobs(await listing, patterns, kind);
    },
    readFile: readFileOf,
    async readModule(path) {
      if (options.trustModules === true) return readCheckModule(path, readFileOf);
      await readFileOf(path);
      throw new FanfoldError({
        code: 'task-file-untrusted',
        message: `The check ${path} is code, which runs only with --trust.`,
        next: 'Read it first, then add --trust (`trustModules: true` from code).',
      });
    },
    placeOf: (path) => places.get(path),
    async agents() {
      const { definitionsAt } = await import('../agents/definitions-at.ts');
      return definitionsAt({ ...workplace, base, environment: process.env }, options);
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
      const output = ended.output.slice(-longestOutput);
      const said = oneLine(output, longestOutput).trim();
      throw new FanfoldError({
        code: 'command-failed',
        message: `\`${command.trim()}\` ${ended.ended === 'by-itself' ? `ended with exit code ${ended.exitCode}` : `did not end by itself (${ended.ended})`}${said === '' ? ' and printed nothing' : `, having printed: ${said}`}.`,
        next: `Run it by hand in ${workplace.folder}; it must end within ${commandLimitMs / 1000} s with exit code 0 and print at most 10 MB.`,
        data: { output },
      });
    },
  };
}

/** An absolute path relative to a folder that contains it, with `/`. Both are free of symbolic links. */
export function placeIn(folder: string, path: string): string | undefined {
  if (!isAbsolute(path)) return undefined;
  const place = relative(folder, path).split(sep).join('/');
  return place === '' || place === '..' || place.startsWith('../') ? undefined : place;
}

/** A file inside a folder, symbolic links resolved; undefined when it is not there. */
async function readInside(folder: string, path: string): Promise<{ text: string; real: string } | undefined> {
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
    return { text: await readFile(real, 'utf8'), real };
  } catch (cause) {
    throw new FanfoldError({
      code: 'task-file-unreadable',
      message: `The file ${real} can't be read: ${messageOf(cause)}`,
      next: 'Check that it is a file and that you may read it.',
      cause,
    });
  }
}
