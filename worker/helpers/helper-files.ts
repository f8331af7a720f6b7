/**
 * What an attempt has on disk of its helpers: a folder for each, numbered from 1. Called by the agent that asks, by
 * whoever runs the helper, and when usage is summed up. Promise: an answer is there as a whole or not at all; what can't
 * be read is as if it were not there.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { z } from 'zod';
import {
  type HelperAnswer,
  type HelperFolder,
  helperAnswerSchema,
  helperFolder,
  helpersFolder,
  writeWhole,
} from '../../ipc/index.ts';
import { addUsage, noUsage, type Usage } from '../../tasks/index.ts';
import { readTranscript } from '../agent/read-transcript.ts';

/** What a helper was asked. */
const noteSchema = z.object({
  /** Of its envelope; another when it is asked again. */
  request: z.string(),
  key: z.string(),
  description: z.string(),
  type: z.string().nullable(),
  depth: z.int(),
});
export type HelperNote = z.infer<typeof noteSchema>;

export interface HelperPlace {
  number: number;
  folder: HelperFolder;
}

/** The helper's place, where it was asked before, or a free one; undefined where all are taken. */
export function takePlace(logFolder: string, key: string, count: number): HelperPlace | undefined {
  const known = numbersIn(logFolder).find((number) => noteOf(helperFolder(logFolder, number))?.key === key);
  if (known !== undefined) return { number: known, folder: helperFolder(logFolder, known) };
  mkdirSync(helpersFolder(logFolder), { recursive: true, mode: 0o700 });
  for (let number = 1; number <= count; number += 1) {
    const folder = helperFolder(logFolder, number);
    try {
      mkdirSync(folder.root, { mode: 0o700 });
      return { number, folder };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  return undefined;
}

export function numbersIn(logFolder: string): number[] {
  try {
    const names = readdirSync(helpersFolder(logFolder)).filter((name) => /^[1-9]\d?$/.test(name));
    return names.map(Number).sort((left, right) => left - right);
  } catch {
    return [];
  }
}

export function noteOf({ request }: HelperFolder): HelperNote | undefined {
  return noteSchema.safeParse(parsedFile(request)).data;
}

export function writeNote({ request, answer }: HelperFolder, note: HelperNote): Promise<void> {
  rmSync(answer, { force: true });
  return writeWhole(request, `${JSON.stringify(note)}\n`);
}

export function answerOf({ answer }: HelperFolder): HelperAnswer | undefined {
  return helperAnswerSchema.safeParse(parsedFile(answer)).data;
}

export function writeAnswer({ answer }: HelperFolder, value: HelperAnswer): Promise<void> {
  return writeWhole(answer, `${JSON.stringify(value)}\n`);
}

export function isWithdrawn({ withdrawn }: HelperFolder, request: string): boolean {
  try {
    return readFileSync(withdrawn, 'utf8') === request;
  } catch {
    return false;
  }
}

/** What all helpers of an attempt have used, those that did not come to an end among them. */
export async function helpersSpent(logFolder: string): Promise<{ usage: Usage; denials: number }> {
  let spent = { usage: noUsage(), denials: 0 };
  for (const number of numbersIn(logFolder)) {
    const folder = helperFolder(logFolder, number);
    const one = answerOf(folder) ?? (await readTranscript(folder.transcript));
    if (one === undefined) continue;
    spent = { usage: addUsage(spent.usage, one.usage), denials: spent.denials + one.denials };
  }
  return spent;
}

/** What one helper has used, without those that it had asked. */
export async function helperSpent(folder: HelperFolder): Promise<Usage> {
  return (answerOf(folder) ?? (await readTranscript(folder.transcript)))?.usage ?? noUsage();
}

function parsedFile(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
