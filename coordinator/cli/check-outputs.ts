import { type TaskFile, type TaskFileSource, taskFileError } from '../../tasks/index.ts';
import { compileOutputSchema } from '../../worker/index.ts';

/** FanfoldError `task-file-invalid` for schemas that no output could be checked by. */
export function checkOutputs({ subtasks }: TaskFile, source: TaskFileSource): void {
  const problems = subtasks.flatMap(({ output }, index) => {
    if (output === undefined) return [];
    const compiled = compileOutputSchema(output.schema);
    if (compiled.ok) return [];
    const message = `found a schema that nothing can be checked by (${compiled.why}); allowed JSON Schema of plain types, properties, required, items, enum, const, anyOf and limits`;
    return [{ path: ['subtasks', index, 'output', 'schema'], message }];
  });
  if (problems.length > 0) throw taskFileError(problems, source);
}
