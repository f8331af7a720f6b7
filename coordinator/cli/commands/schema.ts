import { taskFileJsonSchema } from '../../../tasks/index.ts';
import type { CommandHandler } from '../command-context.ts';

/** `fanfold schema`: the JSON Schema of task files, for editors. */
export const schema: CommandHandler<object> = async (_options, { stdout }) => {
  stdout.write(`${JSON.stringify(taskFileJsonSchema(), undefined, 2)}\n`);
  return 0;
};
