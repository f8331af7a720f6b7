/**
 * How everything that is wrong with a task file is reported: one FanfoldError `task-file-invalid` that lists problems
 * with their positions. Used by parsing, validation and expansion; a planning model gets the same list back.
 */
import { FanfoldError } from '../errors/fanfold-error.ts';
import { limits } from './limits.ts';

export type FieldPath = readonly (string | number)[];

export interface Position {
  /** From 1. */
  line: number;
  /** From 1, in UTF-16 units. */
  column: number;
}

export interface LocateOptions {
  /** The position of a key of the object at the path, instead of its value. */
  key?: string;
  /** The position of the n-th `${{` of the text at the path. */
  occurrence?: number;
}

/** Where a task file came from. */
export interface TaskFileSource {
  /** Name in messages: the path as the user wrote it. Absent where there is no file. */
  path?: string;
  /** Position of a field, or of its nearest ancestor that has one; undefined where there is no text. */
  locate?: (path: FieldPath, options?: LocateOptions) => Position | undefined;
}

export interface Problem extends LocateOptions {
  path: FieldPath;
  /** `found X; allowed Y`. */
  message: string;
  position?: Position;
}

/** A problem as it stands in `data.problems`. */
export interface TaskFileProblem {
  line?: number;
  column?: number;
  path: string;
  message: string;
}

/** Shows at most 20 problems in the message and keeps at most 1,000 in `data.problems`. */
export function taskFileError(problems: readonly Problem[], source: TaskFileSource = {}): FanfoldError {
  const records = problems.slice(0, limits.list).map((problem) => toRecord(problem, source));
  const lines = [...new Set(records.map((record) => `  ${formatProblem(record, source.path)}`))];
  const count = lines.length + problems.length - records.length;
  const shown = lines.slice(0, limits.problemsShown);
  if (count > shown.length) shown.push(`  and ${count - shown.length} more`);
  const subject = source.path === undefined ? 'The task file' : `The task file ${source.path}`;
  return new FanfoldError({
    code: 'task-file-invalid',
    message: `${subject} has ${count === 1 ? 'a problem' : `${count} problems`}:\n${shown.join('\n')}`,
    next: 'Correct the fields named above; `fanfold schema` prints everything that is allowed.',
    data: { ...(source.path === undefined ? {} : { file: source.path }), problems: records },
  });
}

/** `subtasks[0].forEach['a b']`; the empty path is the empty string. */
export function formatFieldPath(path: FieldPath): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[\w$-]+$/.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${JSON.stringify(part.slice(0, 60))}]`;
  }
  return text;
}

function toRecord(problem: Problem, source: TaskFileSource): TaskFileProblem {
  const position = problem.position ?? source.locate?.(problem.path, problem);
  const path = problem.key === undefined ? problem.path : [...problem.path, problem.key];
  return {
    ...(position === undefined ? {} : { line: position.line, column: position.column }),
    path: formatFieldPath(path),
    message: problem.message,
  };
}

function formatProblem({ line, column, path, message }: TaskFileProblem, file: string | undefined): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  return [place, path, message].filter((part) => part !== '').join(': ');
}
