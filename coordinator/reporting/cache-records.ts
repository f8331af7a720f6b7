/** Reads what is kept of a run's requests to models. Called by `fanfold logs --cache`. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  attemptFolder,
  candidateFolder,
  helperFolder,
  helpersFolder,
  type PromptRecord,
  promptCacheFolder,
  promptRecordSchema,
  promptRecordsFile,
} from '../../ipc/index.ts';

export interface CacheRequest extends PromptRecord {
  subtask: string;
  attempt: number;
  /** Where several agents tried: which of them. */
  candidate?: number;
  /** Of the agent's helpers: which of them. */
  helper?: number;
  /** Of the attempt's (or candidate's) requests, from 1. */
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
      const folder = attemptFolder(runRoot, subtask, attempt);
      for (const { at, ...which } of await agentsIn(folder)) {
        const text = await textOf(promptRecordsFile(at));
        let number = 0;
        for (const line of (text ?? '').split('\n').filter((one) => one !== '')) {
          const record = recordOf(line);
          number += 1;
          if (record === undefined) unreadable += 1;
          else requests.push({ ...record, subtask, attempt, ...which, number });
        }
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

/** Folders of all agents of an attempt, and which of them each is of. */
async function agentsIn(attempt: string): Promise<{ at: string; candidate?: number; helper?: number }[]> {
  const candidates = (await candidatesIn(attempt)).map((candidate) => ({
    at: candidateFolder(attempt, candidate),
    candidate,
  }));
  const agents = [{ at: attempt }, ...candidates];
  const helpers = agents.map(async ({ at, ...which }) =>
    (await namesIn(helpersFolder(at)))
      .filter((name) => /^[1-9]\d?$/.test(name))
      .map((name) => ({ ...which, at: helperFolder(at, Number(name)).root, helper: Number(name) })),
  );
  return [...agents, ...(await Promise.all(helpers)).flat().sort((left, right) => left.helper - right.helper)];
}

async function candidatesIn(attempt: string): Promise<number[]> {
  const numbers = (await namesIn(attempt)).flatMap((name) => /^candidate-([1-8])$/.exec(name)?.[1] ?? []);
  return numbers.map(Number).sort((left, right) => left - right);
}

function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}
