/**
 * The JSON Schema of a structured output, made ready to validate. Called by the `prompt` and `run` executors before
 * any work is done, and when a task file is expanded. Promise: what it accepts is valid by the schema; a schema with keywords that can't be checked is
 * refused with the reason, never checked half.
 */
import { z } from 'zod';
import { type ErrorRecord, messageOf } from '../../../tasks/index.ts';

export type JsonSchema = Record<string, unknown>;

export interface OutputValidator {
  schema: JsonSchema;
  /** What is wrong with the value, one problem a line, or undefined when it is valid. */
  problemOf(value: unknown): string | undefined;
}

export type CompiledSchema = { ok: true; validator: OutputValidator } | { ok: false; error: ErrorRecord; why: string };

export function compileOutputSchema(schema: JsonSchema): CompiledSchema {
  try {
    const compiled = z.fromJSONSchema(explicit(schema) as Parameters<typeof z.fromJSONSchema>[0]);
    return {
      ok: true,
      validator: {
        schema,
        problemOf(value) {
          const parsed = compiled.safeParse(value);
          return parsed.success ? undefined : z.prettifyError(parsed.error).slice(0, 4_000);
        },
      },
    };
  } catch (error) {
    const why = messageOf(error);
    return {
      ok: false,
      why,
      error: {
        code: 'output-invalid',
        message: `The schema of the output can't be checked: ${why}`,
        next: 'Write `output.schema` with plain types, properties, required, items, enum, const, anyOf and limits.',
        failure: 'permanent',
      },
    };
  }
}

const keywordsOf: Readonly<Record<string, readonly string[]>> = {
  object: [
    'properties',
    'required',
    'additionalProperties',
    'patternProperties',
    'propertyNames',
    'minProperties',
    'maxProperties',
  ],
  array: ['items', 'prefixItems', 'contains', 'minItems', 'maxItems', 'uniqueItems'],
  string: ['minLength', 'maxLength', 'pattern', 'format'],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
};
/** Keywords whose values are schemas, lists of schemas, or schemas by name. */
const single = ['items', 'additionalProperties', 'contains', 'propertyNames', 'not'];
const lists = ['anyOf', 'allOf', 'oneOf', 'prefixItems'];
const named = ['properties', 'patternProperties', '$defs', 'definitions'];
const unchecked = ['$dynamicRef', '$recursiveRef', 'unevaluatedItems', 'minContains', 'maxContains'];

/**
 * Spells out what zod's reader leaves unchecked when it is implied: the type that keywords are about, required
 * properties without a schema, the items of an array without `items`.
 */
function explicit(node: unknown): unknown {
  if (typeof node !== 'object' || node === null) return node;
  const schema: JsonSchema = { ...node };
  const missing = unchecked.find((keyword) => keyword in schema);
  if (missing !== undefined) throw new Error(`${missing} is not supported`);
  for (const keyword of single) {
    const value = schema[keyword];
    if (value !== undefined) schema[keyword] = Array.isArray(value) ? value.map(explicit) : explicit(value);
  }
  for (const keyword of lists) {
    const value = schema[keyword];
    if (Array.isArray(value)) schema[keyword] = value.map(explicit);
  }
  for (const keyword of named) {
    const value = schema[keyword];
    if (typeof value !== 'object' || value === null) continue;
    schema[keyword] = Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, explicit(inner)]));
  }
  if ([schema['const'], ...(Array.isArray(schema['enum']) ? schema['enum'] : [])].some(isComposite)) {
    throw new Error('const and enum can hold only strings, numbers, booleans and null');
  }
  if (schema['type'] === undefined && schema['const'] === undefined && schema['enum'] === undefined) inferType(schema);
  if (schema['type'] === 'array' && schema['items'] === undefined && schema['prefixItems'] === undefined)
    schema['items'] = {};
  if (schema['type'] === 'object' && Array.isArray(schema['required'])) declareRequired(schema, schema['required']);
  return schema;
}

function inferType(schema: JsonSchema): void {
  const types = Object.keys(keywordsOf).filter((type) => keywordsOf[type]?.some((keyword) => keyword in schema));
  if (types.length > 1) throw new Error(`a schema without "type" has keywords of ${types.join(' and ')}`);
  if (types[0] !== undefined) schema['type'] = types[0];
}

function declareRequired(schema: JsonSchema, required: readonly unknown[]): void {
  const properties: JsonSchema = { ...(schema['properties'] as JsonSchema | undefined) };
  for (const name of required) {
    if (typeof name === 'string' && !Object.hasOwn(properties, name)) properties[name] = present;
  }
  schema['properties'] = properties;
}

/** Any JSON value, but not nothing. */
const present = { anyOf: ['string', 'number', 'boolean', 'null', 'object', 'array'].map((type) => ({ type })) };

function isComposite(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
