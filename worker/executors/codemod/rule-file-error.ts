import type { LineCounter } from 'yaml';
import { FanfoldError } from '../../../tasks/index.ts';

/** Where in which rule file. */
export interface RuleFilePlace {
  path: string;
  lineCounter: LineCounter;
  /** Character offset in the file's text. */
  offset: number;
}

/** A `codemod-invalid` error whose message starts with `file:line:column`. */
export function ruleFileError(place: RuleFilePlace, problem: string, next: string, cause?: unknown): FanfoldError {
  const { line, col } = place.lineCounter.linePos(place.offset);
  return new FanfoldError({
    code: 'codemod-invalid',
    message: `${place.path}:${line}:${col}: ${problem}`,
    next,
    data: { file: place.path, line, column: col },
    ...(cause === undefined ? {} : { cause }),
  });
}
