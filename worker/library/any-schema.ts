/**
 * A schema as callers of the library write it: of zod 4 (or another library of the Standard Schema that can tell its
 * JSON Schema), or plain JSON Schema. Called by define-tool.ts and create-agent.ts. Promise: what can't be checked is
 * refused when it is read, with `usage`.
 */
import { z } from 'zod';
import { FanfoldError, messageOf } from '../../tasks/index.ts';
import { compileOutputSchema, type JsonSchema } from '../agent/output/output-schema.ts';

/** See standardschema.dev; types of it are what zod 4 gives. */
export interface StandardSchema<Output> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What a model is given is JSON Schema; what comes back is checked by the schema itself. */
export type AnySchema<Output> = StandardSchema<Output> | JsonSchema;

export interface ReadSchema<Output> {
  json: JsonSchema;
  /** Throws for a schema that can only validate asynchronously. */
  parse(value: unknown): { ok: true; value: Output } | { ok: false; problem: string };
}

/** `whose` names the schema in errors, for instance `the input of weather`. */
export function readSchema<Output>(schema: AnySchema<Output>, whose: string): ReadSchema<Output> {
  if (typeof schema !== 'object' || schema === null) throw unusable(whose, 'it is no object');
  return isStandard(schema) ? readStandard(schema, whose) : readJson<Output>(schema, whose);
}

function isStandard<Output>(schema: AnySchema<Output>): schema is StandardSchema<Output> {
  return '~standard' in schema;
}

function readStandard<Output>(schema: StandardSchema<Output>, whose: string): ReadSchema<Output> {
  return {
    json: jsonOf(schema, whose),
    parse(value) {
      const result = schema['~standard'].validate(value);
      if (result instanceof Promise) throw new TypeError(`${whose} must be checked without waiting`);
      if (result.issues === undefined) return { ok: true, value: result.value };
      return { ok: false, problem: result.issues.map(describe).join('\n') };
    },
  };
}

function jsonOf(schema: StandardSchema<unknown>, whose: string): JsonSchema {
  const { jsonSchema } = schema['~standard'] as { jsonSchema?: { input?: (options: unknown) => JsonSchema } };
  try {
    const made =
      jsonSchema?.input?.({ target: 'draft-2020-12' }) ??
      // A zod 4 of before it told its JSON Schema itself.
      ('_zod' in schema ? z.toJSONSchema(schema as unknown as z.ZodType, { io: 'input' }) : undefined);
    if (made === undefined) throw new TypeError(`${schema['~standard'].vendor} does not tell its JSON Schema`);
    const { $schema: _, ...json } = made as JsonSchema;
    return json;
  } catch (error) {
    throw unusable(whose, messageOf(error));
  }
}

function describe({ message, path = [] }: StandardIssue): string {
  const place = path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
  return place === '' ? `✖ ${message}` : `✖ ${message}\n  → at ${place}`;
}

function readJson<Output>(schema: JsonSchema, whose: string): ReadSchema<Output> {
  const compiled = compileOutputSchema(schema);
  if (!compiled.ok) throw unusable(whose, compiled.why);
  const { validator } = compiled;
  return {
    json: schema,
    parse(value) {
      const problem = validator.problemOf(value);
      return problem === undefined ? { ok: true, value: value as Output } : { ok: false, problem };
    },
  };
}

function unusable(whose: string, why: string): FanfoldError {
  return new FanfoldError({
    code: 'usage',
    message: `The schema of ${whose} can't be used: ${why}`,
    next: 'Give a schema of zod 4, or JSON Schema of plain types, properties, required, items, enum, const and limits.',
  });
}
