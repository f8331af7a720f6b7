import type { z } from 'zod';
import type { FieldPath } from './problems.ts';

interface Definition {
  type: string;
  shape?: Record<string, z.core.$ZodType>;
  element?: z.core.$ZodType;
  innerType?: z.core.$ZodType;
  options?: readonly z.core.$ZodType[];
}

/** The keys an object may have at a path of a schema; empty where the schema names none. */
export function keysAt(schema: z.core.$ZodType, path: FieldPath): string[] {
  const definition = schema._zod.def as Definition;
  if (definition.innerType !== undefined) return keysAt(definition.innerType, path);
  if (definition.options !== undefined) return definition.options.flatMap((option) => keysAt(option, path));
  const [first, ...rest] = path;
  if (first === undefined) return Object.keys(definition.shape ?? {});
  const inner = typeof first === 'number' ? definition.element : ownValue(definition.shape, first);
  return inner === undefined ? [] : keysAt(inner, rest);
}

function ownValue<T>(record: Record<string, T> | undefined, key: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
}
