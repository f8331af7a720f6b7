import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { taskFileJsonSchema } from '../../../../tasks/index.ts';

interface Node {
  properties?: Record<string, Node>;
  items?: Node;
  description?: string;
  title?: string;
  additionalProperties?: boolean;
  anyOf?: Node[];
  oneOf?: unknown;
  required?: string[];
  $schema?: string;
}

describe('taskFileJsonSchema', () => {
  const schema = taskFileJsonSchema() as Node;

  it('is draft 2020-12 and closed', () => {
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(schema.additionalProperties).toBe(false);
    expect(schema.required?.toSorted()).toEqual(['name', 'subtasks', 'version']);
  });

  it('describes every field for editors', () => {
    const bare: string[] = [];
    const visit = (node: Node, path: string) => {
      for (const [name, property] of Object.entries(node.properties ?? {})) {
        if (property.description === undefined) bare.push(`${path}.${name}`);
        visit(property, `${path}.${name}`);
      }
      if (node.items !== undefined) visit(node.items, `${path}[]`);
      for (const option of node.anyOf ?? []) visit(option, path);
    };
    visit(schema, '');
    expect(bare).toEqual([]);
  });

  it('demands one executor and one source of items', () => {
    const subtask = schema.properties?.['subtasks']?.items;
    expect(subtask?.oneOf).toEqual(
      ['prompt', 'run', 'codemod'].map((key) => ({ type: 'object', properties: { [key]: {} }, required: [key] })),
    );
    expect(subtask?.properties?.['forEach']?.oneOf).toHaveLength(7);
  });

  it('has patterns that engines with Unicode mode accept', () => {
    const patterns = JSON.stringify(schema).match(/"pattern":"(?:[^"\\]|\\.)*"/g) ?? [];
    expect(patterns.length).toBeGreaterThan(5);
    for (const entry of patterns) expect(() => new RegExp(JSON.parse(`{${entry}}`).pattern, 'u')).not.toThrow();
  });

  it('is plain JSON that zod reads back', () => {
    const read = z.fromJSONSchema(JSON.parse(JSON.stringify(schema)));
    expect(read.safeParse({ version: 1, name: 'a', subtasks: [{ id: 'a', run: 'b' }] }).success).toBe(true);
    expect(read.safeParse({ version: 1, name: 'a', subtasks: [{ id: 'a', run: 'b', prompt: 'c' }] }).success).toBe(
      false,
    );
    expect(read.safeParse({ version: 1, name: 'a', subtasks: [{ id: 'a', run: 5 }] }).success).toBe(false);
    expect(read.safeParse({ version: 1, name: 'a', subtasks: [{ id: 'a', run: 'b' }], extra: 1 }).success).toBe(false);
  });
});
