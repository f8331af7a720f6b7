/**
 * A tool of one's own, for agents that are run from code. Promise: input reaches `run` only when it fits the schema;
 * what is wrong with it, and what `run` throws, is answered to the model.
 */
import { FanfoldError } from '../../tasks/index.ts';
import { failed, succeeded, type Tool, type ToolResult } from '../agent/tools/tool.ts';
import { type AnySchema, readSchema } from './any-schema.ts';

export interface OwnTool<Input> {
  /** `[A-Za-z0-9_-]{1,64}`. */
  name: string;
  /** For the model: what it does, and when to use it. */
  description: string;
  /** Of an object. */
  input: AnySchema<Input>;
  /**
   * It changes nothing: its calls may run at once, and before the reply has ended. Others run one after another, in the
   * order of the reply. Default false.
   */
  readOnly?: boolean;
  /**
   * Text, a result, or a value that is given to the model as JSON. It should end soon after `signal` aborts; 5 s later
   * it is no longer waited for.
   */
  run: (input: Input, context: { signal: AbortSignal }) => unknown;
}

/** FanfoldError `usage` for a name or a schema that can't be used, and where the description or `run` is missing. */
export function defineTool<Input>(tool: OwnTool<Input>): Tool {
  const { name, description, readOnly = false, run } = tool;
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
    throw new FanfoldError({
      code: 'usage',
      message: `${JSON.stringify(name)} can't be the name of a tool.`,
      next: 'Use up to 64 letters, digits, _ and -.',
    });
  }
  if (typeof description !== 'string' || description.trim() === '') {
    throw new FanfoldError({
      code: 'usage',
      message: `The tool ${name} has no description.`,
      next: 'Say in `description` what it does and when to use it: the model knows nothing else of it.',
    });
  }
  if (typeof run !== 'function') {
    throw new FanfoldError({
      code: 'usage',
      message: `The tool ${name} has no function \`run\`.`,
      next: 'Give `run`, which gets the input and answers the model.',
    });
  }
  const input = readSchema(tool.input, `the input of ${name}`);
  if (input.json['type'] !== 'object') {
    throw new FanfoldError({
      code: 'usage',
      message: `The input of ${name} must be an object.`,
      next: 'Give an object schema, for instance z.object({ … }) or { type: "object", properties: { … } }.',
    });
  }
  return {
    definition: { name, description, input_schema: input.json },
    readOnly,
    prepare(given) {
      const parsed = input.parse(given);
      if (!parsed.ok) return { ok: false, problem: `The input of ${name} is invalid:\n${parsed.problem}` };
      return {
        ok: true,
        summary: JSON.stringify(given),
        // Whoever hands it to an agent wants it to be used: modes are about the built-in tools, rules may name it.
        request: { tool: name, effect: 'read' },
        execute: async (signal) => resultOf(await run(parsed.value, { signal })),
      };
    },
  };
}

function resultOf(value: unknown): ToolResult {
  if (typeof value === 'string') return succeeded(value);
  if (isResult(value)) return value.isError ? failed(value.content) : succeeded(value.content);
  return succeeded(JSON.stringify(value) ?? '');
}

function isResult(value: unknown): value is ToolResult {
  if (typeof value !== 'object' || value === null) return false;
  const { content, isError } = value as Partial<Record<string, unknown>>;
  return typeof content === 'string' && typeof isError === 'boolean';
}
