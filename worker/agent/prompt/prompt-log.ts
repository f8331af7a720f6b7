/**
 * Keeps what is to be known of an agent's requests (ipc/run-folder/prompt-records.ts). Called by watch-prompts.ts.
 * Promise: it never throws and holds nobody up; what can't be written is missing in a report, no more.
 */
import { closeSync, constants, mkdirSync, openSync, writeSync } from 'node:fs';
import { type PromptRecord, promptCacheFolder, promptRecordsFile } from '../../../ipc/index.ts';
import type { SharedLayer } from './shared-layers.ts';

export interface PromptLog {
  append(record: PromptRecord): void;
  /** Once for each layer that its records name. */
  keepLayer(layer: SharedLayer): void;
}

export interface PromptLogOptions {
  /** Of the run, absolute. */
  runFolder: string;
  /** Of the attempt, absolute; exists. */
  logFolder: string;
  /** Replaces secrets. */
  hide: (text: string) => string;
  /** Paths of layers that this thread has kept already; is added to. */
  kept: Set<string>;
}

const append = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;
const create = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

export function createPromptLog({ runFolder, logFolder, hide, kept }: PromptLogOptions): PromptLog {
  const records = promptRecordsFile(logFolder);
  const { root, layer: layerFile } = promptCacheFolder(runFolder);
  return {
    append: (record) => put(records, append, `${JSON.stringify(record)}\n`),
    keepLayer({ digest, text }) {
      const path = layerFile(digest);
      if (kept.has(path)) return;
      kept.add(path);
      put(path, create, hide(text), root);
    },
  };
}

function put(path: string, flags: number, text: string, folder?: string): void {
  try {
    if (folder !== undefined) mkdirSync(folder, { recursive: true, mode: 0o700 });
    const file = openSync(path, flags, 0o600);
    try {
      writeSync(file, text);
    } finally {
      closeSync(file);
    }
  } catch {
    // Another thread has kept the layer, or there is no room: see the promise.
  }
}
