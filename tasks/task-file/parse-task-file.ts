import { type Problem, type TaskFileSource, taskFileError } from './problems.ts';
import type { TaskFile } from './task-file-schema.ts';
import { validateTaskFile } from './validate-task-file.ts';
import { parseYaml } from './yaml-source.ts';

/** A valid task file together with what is needed to name positions in it. */
export interface LoadedTaskFile {
  taskFile: TaskFile;
  source: TaskFileSource;
}

export interface ParseOptions {
  /** Name in messages. */
  path?: string;
  /** JSON is held to JSON's own grammar. Default YAML, which reads JSON too. */
  format?: 'yaml' | 'json';
}

/** Text as a task file. Throws FanfoldError `task-file-invalid` that lists every problem with its position. */
export async function parseTaskFile(
  text: string,
  { path, format = 'yaml' }: ParseOptions = {},
): Promise<LoadedTaskFile> {
  const body = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const named = path === undefined ? {} : { path };
  const strict = format === 'json' && body.trim() !== '' ? jsonSyntaxProblem(body) : undefined;
  if (strict !== undefined) throw taskFileError([strict], named);
  const { value, problems, locate } = await parseYaml(body);
  if (problems.length > 0) throw taskFileError(problems, named);
  const source: TaskFileSource = { ...named, locate };
  return { taskFile: validateTaskFile(value, source), source };
}

function jsonSyntaxProblem(text: string): Problem | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const offset = Number(/ at position (\d+)/.exec(message)?.[1] ?? text.length);
    const before = text.slice(0, offset).split('\n');
    const position = { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
    const reason = message.replace(/ (in JSON )?at position \d+.*$/s, '').slice(0, 200);
    return { path: [], position, message: `found text that can't be read: ${reason}; allowed JSON` };
  }
}
