/**
 * Keeps what is to be known of an agent's requests (ipc/run-folder/prompt-records.ts). Called by watch-prompts.ts.
 * Promise: it never throws and holds nobody up; what can't be written is missing in a report, no more.
 */
import { closeSync, constants, mkdirSync, openSync, writeSync } from 'node:fs';
import { type PromptRecord, promptCacheFolder, promptRecordsFile } from '../../../ipc/index.ts';
import type { SharedLayer } from './shared-layers.ts';

export interface PromptLog extends Disposable {
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

export function createPromptLog({ runFolder, logFolder, hide, kept }: PromptLogOptions): PromptLog {
  const records = promptRecordsFile(logFolder);
  const { root, layer: layerFile } = promptCacheFolder(runFolder);
  let file: number | undefined;
  let isOver = false;
  return {
    append(record) {
      if (isOver) return;
      try {
        file ??= openSync(records, append, 0o600);
        writeSync(file, `${JSON.stringify(record)}\n`);
      } catch {
        // There is no room: see the promise.
      }
    },
    keepLayer({ digest, text }) {
      const path = layerFile(digest);
      if (kept.has(path)) return;
      kept.add(path);
      create(path, hide(text), root);
    },
    [Symbol.dispose]() {
      if (file !== undefined) closeSync(file);
      file = undefined;
      isOver = true;
    },
  };
}

function create(path: string, text: string, folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const file = openSync(
      path,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    );
    try {
      writeSync(file, text);
    } finally {
      closeSync(file);
    }
  } catch {
    // Another thread has kept the layer, or there is no room: see the promise.
  }
}
