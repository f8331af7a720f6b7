/** Reads what is kept of a run's requests to models. Called by `fanfold logs --cache`. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  attemptFolder,
  type PromptRecord,
  promptCacheFolder,
  promptRecordSchema,
  promptRecordsFile,
} from '../../ipc/index.ts';

export interface CacheRequest extends PromptRecord {
  subtask: string;
  attempt: number;
  /** Of the attempt's requests, from 1. */
  number: number;
}

export interface CacheRecords {
  /** Those of a subtask stand together, in the order in which they were made. */
  requests: CacheRequest[];
  /** Lines that are no record. */
  unreadable: number;
  /** The bytes of a layer that agents share, secrets replaced; undefined where they were not kept. */
  layerText: (digest: string) => Promise<string | undefined>;
}

export async function readCacheRecords(runRoot: string): Promise<CacheRecords> {
  const requests: CacheRequest[] = [];
  let unreadable = 0;
  for (const subtask of (await namesIn(join(runRoot, 'subtasks'))).sort()) {
    const attempts = (await namesIn(join(runRoot, 'subtasks', subtask))).filter((name) => /^\d{1,9}$/.test(name));
    for (const attempt of attempts.map(Number).sort((left, right) => left - right)) {
      const text = await textOf(promptRecordsFile(attemptFolder(runRoot, subtask, attempt)));
      let number = 0;
      for (const line of (text ?? '').split('\n').filter((one) => one !== '')) {
        const record = recordOf(line);
        number += 1;
        if (record === undefined) unreadable += 1;
        else requests.push({ ...record, subtask, attempt, number });
      }
    }
  }
  const { layer } = promptCacheFolder(runRoot);
  return { requests, unreadable, layerText: (digest) => textOf(layer(digest)) };
}

function recordOf(line: string): PromptRecord | undefined {
  try {
    return promptRecordSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}
