import { z } from 'zod';
import { taskFileSchema } from './task-file-schema.ts';

/** JSON Schema (draft 2020-12) of task files, with titles and descriptions for editors. */
export function taskFileJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(taskFileSchema, { target: 'draft-2020-12', io: 'input' });
}
