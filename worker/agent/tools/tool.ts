/**
 * A tool is made for one workspace and used by one agent. Called by tool-runner.ts in two steps: `prepare` validates
 * the input and says what the call is about, without side effects; `execute` does it once it is permitted. Promise:
 * neither throws for an expected failure; what went wrong is answered to the model in words that help it go on.
 */
import { z } from 'zod';
import type { PermissionRequest } from '../../permissions/decide.ts';
import type { ToolDefinition } from '../model/model.ts';

export interface ToolResult {
  /** What the model gets. */
  content: string;
  isError: boolean;
}

export type PreparedCall =
  | {
      ok: true;
      /** One line that names the subject, for instance a path or a command. */
      summary: string;
      request: PermissionRequest;
      /** `call` is the id of the call, the same when it is made again by an agent that goes on. */
      execute: (signal: AbortSignal, call?: string) => ToolResult | Promise<ToolResult>;
    }
  | { ok: false; problem: string };

export interface ToolLimits {
  /** What any call may take, ms. Longer than the longest that a tool itself allows. */
  limitMs: number;
  /** What a call gets to end after it was told to, ms. */
  graceMs: number;
}

export interface Tool {
  readonly definition: ToolDefinition;
  /** Calls of read-only tools may run at once and before the reply has ended. */
  readonly readOnly: boolean;
  /** Its results are as long as was asked for, in pages of its own: they are given as they are. */
  readonly paged?: true;
  /** Of a tool that is not read-only as a whole: whether this call is. */
  readonly readsOnly?: (input: unknown) => boolean;
  /** Its calls begin when the reply is whole: they cost money, and a reply can be lost. */
  readonly waits?: true;
  /** A call that was interrupted is made again, and goes on where it was. */
  readonly goesOn?: true;
  /** Where they are not the usual. */
  readonly limits?: ToolLimits;
  prepare(input: unknown): PreparedCall;
}

/** The definition a model sees; its JSON Schema is derived once, where a tool's module is loaded. */
export function toolDefinition(name: string, description: string, input: z.ZodType): ToolDefinition {
  const { $schema: _, ...schema } = z.toJSONSchema(input, { io: 'input' });
  return { name, description, input_schema: schema };
}

/** Validates the input first; `prepare` then works with what the schema promises. */
export function createTool<Schema extends z.ZodType>(
  definition: ToolDefinition,
  schema: Schema,
  readOnly: boolean,
  prepare: (input: z.output<Schema>) => PreparedCall,
): Tool {
  return {
    definition,
    readOnly,
    prepare(input) {
      const parsed = schema.safeParse(input);
      if (parsed.success) return prepare(parsed.data);
      return { ok: false, problem: `The input of ${definition.name} is invalid:\n${z.prettifyError(parsed.error)}` };
    },
  };
}

export function succeeded(content: string): ToolResult {
  return { content, isError: false };
}

export function failed(content: string): ToolResult {
  return { content, isError: true };
}
