/**
 * The tool by which an agent hands in its structured result. Called by executors/prompt.ts; the loop reads `submitted`
 * after each turn and ends when there is one. It comes last among the tools, so that siblings without it share more.
 */
import type { ToolDefinition } from '../model/model.ts';
import { failed, succeeded, type Tool } from '../tools/tool.ts';
import type { JsonSchema, OutputValidator } from './output-schema.ts';

export const resultToolName = 'submit_result';

export interface ResultTool extends Tool {
  /** The accepted result, in a box, since a result may be null. */
  readonly submitted: { value: unknown } | undefined;
  /** Results that were refused so far. */
  readonly refusals: number;
  /** What was wrong with the last refused one. */
  readonly lastProblem: string | undefined;
}

export function createResultTool(validator: OutputValidator): ResultTool {
  const { schema, unwrap } = inputSchema(validator.schema);
  let submitted: { value: unknown } | undefined;
  let refusals = 0;
  let lastProblem: string | undefined;
  const definition: ToolDefinition = {
    name: resultToolName,
    description: 'Hands in your result when your work is done. It ends your work when it is valid.',
    input_schema: schema,
  };
  return {
    definition,
    readOnly: false,
    get submitted() {
      return submitted;
    },
    get refusals() {
      return refusals;
    },
    get lastProblem() {
      return lastProblem;
    },
    prepare(input) {
      const value = unwrap(input);
      return {
        ok: true,
        summary: 'the result',
        request: { tool: resultToolName, effect: 'read' },
        execute() {
          const problem = validator.problemOf(value);
          if (problem === undefined) {
            submitted = { value };
            return succeeded('Accepted.');
          }
          refusals += 1;
          lastProblem = problem;
          return failed(`The result is not valid:\n${problem}\nCorrect it and hand it in again.`);
        },
      };
    },
  };
}

/** The API takes objects without a union at the top only; anything else travels in the property `result`. */
function inputSchema(schema: JsonSchema): { schema: JsonSchema; unwrap: (input: unknown) => unknown } {
  const isPlainObject =
    schema['type'] === 'object' && !['anyOf', 'oneOf', 'allOf', '$ref'].some((word) => word in schema);
  if (isPlainObject) return { schema, unwrap: (input) => input };
  // References start at the top of the whole schema, so definitions must stay there.
  const { $defs, definitions, $schema: _, ...rest } = schema;
  return {
    schema: {
      type: 'object',
      properties: { result: rest },
      required: ['result'],
      additionalProperties: false,
      ...($defs === undefined ? {} : { $defs }),
      ...(definitions === undefined ? {} : { definitions }),
    },
    unwrap: (input) => (typeof input === 'object' && input !== null && 'result' in input ? input.result : undefined),
  };
}
