import { createReadStream } from 'node:fs';
import { extname } from 'node:path';
import { isAbortError, messageOf } from '../errors/error-record.ts';
import { FanfoldError } from '../errors/fanfold-error.ts';
import { limits } from './limits.ts';
import { loadTaskModule } from './load-task-module.ts';
import { type LoadedTaskFile, parseTaskFile } from './parse-task-file.ts';

export interface LoadOptions {
  /** A module is code: it runs only when this is true. Default false. */
  trustModules?: boolean;
  signal?: AbortSignal;
}

const moduleExtensions = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts'];

/**
 * Reads a task file: YAML, JSON, or a module when trusted. Throws FanfoldError `task-file-not-found`,
 * `task-file-unreadable`, `task-file-untrusted` or `task-file-invalid`.
 */
export async function loadTaskFile(
  path: string,
  { trustModules = false, signal }: LoadOptions = {},
): Promise<LoadedTaskFile> {
  const extension = extname(path).toLowerCase();
  const bytes = await readLimited(path, signal);
  if (moduleExtensions.includes(extension)) return loadTaskModule(path, { trustModules, signal });
  return parseTaskFile(decode(bytes, path), { path, format: extension === '.json' ? 'json' : 'yaml' });
}

async function readLimited(path: string, signal: AbortSignal | undefined): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path, signal === undefined ? {} : { signal })) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > limits.fileBytes)
        throw unreadable(path, `is larger than ${limits.fileBytes.toLocaleString('en')} bytes`);
    }
  } catch (error) {
    if (error instanceof FanfoldError || isAbortError(error)) throw error;
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
      throw new FanfoldError({
        code: 'task-file-not-found',
        message: `There is no task file ${path}.`,
        next: 'Check the path, or write a first task file with `fanfold init`.',
        cause: error,
      });
    }
    throw unreadable(path, `can't be read: ${messageOf(error)}`, error);
  }
  return Buffer.concat(chunks);
}

function decode(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw unreadable(path, 'is not valid UTF-8', error);
  }
}

function unreadable(path: string, what: string, cause?: unknown): FanfoldError {
  return new FanfoldError({
    code: 'task-file-unreadable',
    message: `The task file ${path} ${what}.`,
    next: `Give a readable YAML, JSON or JavaScript file in UTF-8 of at most ${limits.fileBytes / 1_000_000} MB; keep data in files of its own and read them with forEach.`,
    cause,
  });
}
