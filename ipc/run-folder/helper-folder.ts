/** Where the helpers of an attempt are: a folder for each, by its number. Read by workers and by `fanfold logs`. */
import { join } from 'node:path';

/** Paths of one helper; the folder holds what that of an attempt does besides. */
export interface HelperFolder {
  root: string;
  /** What it was asked, for people and for its parent. */
  request: string;
  /** A helperAnswerSchema, once it has ended. */
  answer: string;
  /** The id of a request that nobody waits for any more. */
  withdrawn: string;
  transcript: string;
}

/** The folder of all helpers of an attempt, whose folder is `logFolder`. */
export function helpersFolder(logFolder: string): string {
  return join(logFolder, 'helpers');
}

export function helperFolder(logFolder: string, number: number): HelperFolder {
  const root = join(helpersFolder(logFolder), String(number));
  return {
    root,
    request: join(root, 'request.json'),
    answer: join(root, 'answer.json'),
    withdrawn: join(root, 'withdrawn'),
    transcript: join(root, 'transcript.jsonl'),
  };
}
