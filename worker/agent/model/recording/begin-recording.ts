/** Makes the file of a recording. Called once before a run asks a model; `checkRecordTarget` before anything is done. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeWhole } from '../../../../ipc/index.ts';
import { FanfoldError, messageOf } from '../../../../tasks/index.ts';
import { headerLine, parseHeader, recordingVersion } from './recording-format.ts';

export interface BeginOptions {
  /** Fanfold's own. */
  version: string;
  /** A recording that is there is continued instead of replaced. */
  goOn: boolean;
}

/** FanfoldError `recording-invalid` when the path can't become a recording: its folder is missing, another file is there. */
export async function checkRecordTarget(path: string): Promise<void> {
  if (!(await isFolder(dirname(path)))) throw refused(path, 'its folder is not there');
  headerAt(path);
}

/** Only whoever runs it may read it. */
export async function beginRecording(path: string, { version, goOn }: BeginOptions): Promise<void> {
  const found = headerAt(path);
  if (goOn && found === recordingVersion) return;
  await writeWhole(path, headerLine(version)).catch((cause: unknown) => {
    throw refused(path, messageOf(cause), cause);
  });
}

/** The version of the recording that is there; undefined where there is nothing, or an empty file. */
function headerAt(path: string): number | undefined {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw refused(path, messageOf(cause), cause);
  }
  try {
    if (!fstatSync(file).isFile()) throw refused(path, 'it is no file');
    const start = Buffer.alloc(1_000);
    const text = start.toString('utf8', 0, readSync(file, start));
    if (text === '') return undefined;
    const header = parseHeader(parse(text.split('\n')[0] ?? ''));
    if (header === undefined) throw refused(path, 'another file is there, which is no recording');
    return header.version;
  } finally {
    closeSync(file);
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function refused(path: string, reason: string, cause?: unknown): FanfoldError {
  return new FanfoldError({
    code: 'recording-invalid',
    message: `The model's traffic can't be recorded in ${path}: ${reason}.`,
    next: 'Name a new file, or an earlier recording to replace, in a folder that is there.',
    cause,
  });
}
