import { describe, expect, it } from 'vitest';
import { compileOutputSchema, type JsonSchema } from '../../../../worker/agent/output/output-schema.ts';
import { createResultTool } from '../../../../worker/agent/output/result-tool.ts';

function problemOf(schema: JsonSchema, value: unknown): string | undefined {
  const compiled = compileOutputSchema(schema);
  if (!compiled.ok) throw new Error(compiled.error.message);
  return compiled.validator.problemOf(value);
}

describe('compileOutputSchema', () => {
  it.each<[string, JsonSchema, unknown, unknown]>([
    ['required without a property', { type: 'object', required: ['a'] }, { a: null }, {}],
    ['keywords without a type', { properties: { a: { type: 'string' } }, required: ['a'] }, { a: 'x' }, {}],
    ['the length of an array without items', { type: 'array', minItems: 2 }, [1, 2], [1]],
    ['a string keyword inside allOf', { allOf: [{ type: 'string' }, { minLength: 3 }] }, 'abc', 'ab'],
    ['a branch that only requires', { anyOf: [{ required: ['a'] }, { required: ['b'] }] }, { b: 1 }, { c: 1 }],
    ['references', { $ref: '#/$defs/x', $defs: { x: { type: 'integer' } } }, 1, 1.5],
    ['closed objects', { type: 'object', properties: { a: {} }, additionalProperties: false }, { a: 1 }, { b: 1 }],
    ['enum', { enum: ['a', 1, null] }, null, 'b'],
  ])('checks %s', (_what, schema, good, bad) => {
    expect(problemOf(schema, good)).toBeUndefined();
    expect(problemOf(schema, bad)).toEqual(expect.any(String));
  });

  it.each<[string, JsonSchema]>([
    ['if', JSON.parse('{"if":{"type":"string"},"then":{"minLength":1}}')],
    ['not', { not: { type: 'string' } }],
    ['remote references', { $ref: 'https://example.com/schema' }],
    ['dependentRequired', { type: 'object', dependentRequired: { a: ['b'] } }],
    ['unevaluatedProperties', { type: 'object', unevaluatedProperties: false }],
    ['$dynamicRef', { $dynamicRef: '#x' }],
    ['an object as const', { const: { a: 1 } }],
    ['an unknown type', { type: 'text' }],
    ['a bad pattern', { type: 'string', pattern: '(' }],
    ['keywords of two types without a type', { minLength: 1, minimum: 1 }],
  ])('refuses %s instead of checking half', (_what, schema) => {
    expect(compileOutputSchema(schema)).toMatchObject({ ok: false, error: { code: 'output-invalid' } });
  });
});

describe('createResultTool', () => {
  function tool(schema: JsonSchema) {
    const compiled = compileOutputSchema(schema);
    if (!compiled.ok) throw new Error(compiled.error.message);
    return createResultTool(compiled.validator);
  }

  it('wraps what is no plain object and keeps definitions at the top', async () => {
    const result = tool({ type: 'array', items: { $ref: '#/$defs/x' }, $defs: { x: { type: 'integer' } } });
    expect(result.definition.input_schema).toMatchObject({ type: 'object', required: ['result'], $defs: { x: {} } });
    const prepared = result.prepare({ result: [1, 2] });
    if (prepared.ok) await prepared.execute(new AbortController().signal);
    expect(result.submitted).toEqual({ value: [1, 2] });
  });

  it('wraps an object with a union at the top, which the API refuses', () => {
    const { definition } = tool({ type: 'object', anyOf: [{ required: ['a'] }] });
    expect(definition.input_schema).not.toHaveProperty('anyOf');
  });

  it('keeps what the schema does not forbid and adds no defaults', async () => {
    const result = tool({ type: 'object', properties: { a: { type: 'string', default: 'x' } } });
    const prepared = result.prepare({ b: 1 });
    if (prepared.ok) await prepared.execute(new AbortController().signal);
    expect(result.submitted).toEqual({ value: { b: 1 } });
  });
});
