/** What an agent that is run from code is made of, and what it is told for each run. */
import type { ModelSettings, Permissions } from '../../tasks/index.ts';
import type { AgentEvent, AgentResult } from '../agent/agent.ts';
import type { Model } from '../agent/model/model.ts';
import type { Tool } from '../agent/tools/tool.ts';
import type { AnySchema } from './any-schema.ts';

export interface AgentOptions<Output = unknown> {
  /** A Model, settings of one, or its name. Default claude-sonnet-5-5, with credentials from the environment. */
  model?: Model | ModelSettings | string;
  /** Gives it Read, Glob and Grep over this folder, and what `permissions` add to them. It can't leave it. */
  folder?: string;
  /** Of one's own: see defineTool. Their calls run without being asked for, unless a rule of `permissions` names them. */
  tools?: readonly Tool[];
  /**
   * What the tools over `folder` may do. Default: mode `plan`, which reads only; `acceptEdits` adds Write and Edit, and
   * Bash as far as `allow` has rules for it or `ask` says yes.
   */
  permissions?: Partial<Permissions>;
  /** The system prompt. Default: a few sentences about the folder, where there is one. */
  system?: string;
  /** Put before the task, for instance rules of the project. AGENTS.md is not read by itself. */
  instructions?: string;
  /** Makes it owe a result that fits, which is `output` of what a run resolves to. */
  output?: AnySchema<Output>;
  limits?: {
    /** Requests to the model. Default 100. */
    turns?: number;
    /** Input, cached or not, and output, of all requests together. */
    tokens?: number;
    /** By the prices that the model reports. */
    usd?: number;
    deadlineMs?: number;
  };
  /** Puts a call that no rule decides to somebody. Without it the call is denied. */
  ask?: (question: { tool: string; summary: string; reason: string }, signal: AbortSignal) => Promise<boolean>;
  /** Credentials of the model; what is no secret is passed to commands. Default process.env. */
  environment?: NodeJS.ProcessEnv;
  /** Milliseconds of a monotonic clock, for durations in events. Default performance.now. */
  clock?: () => number;
}

export interface AgentRunOptions {
  signal?: AbortSignal;
  /** What this or `onText` throws ends the run: `callback-failed`. */
  onEvent?: (event: AgentEvent) => void;
  /** Pieces of the model's text as they arrive; those of a stream that was cut come again. */
  onText?: (text: string) => void;
  /**
   * File that keeps the conversation, line by line, readable by its owner only; with `folder`, long results go into
   * `<file>-results`. It must not be there yet. Default: nothing is kept.
   */
  transcript?: string;
}

export type AgentRunResult<Output> =
  | (AgentResult & { status: 'done'; output?: Output })
  | (AgentResult & { status: 'failed' | 'cancelled' });

/** Runs are conversations of their own and may be at work at the same time. */
export interface Agent<Output = unknown> extends AsyncDisposable {
  /**
   * Resolves whatever becomes of it: look at `status` and `error`. Rejects with FanfoldError `usage` for options that
   * can't be used.
   */
  run(prompt: string, options?: AgentRunOptions): Promise<AgentRunResult<Output>>;
  /** Goes on with the conversation that a file keeps, from its last finished call, and keeps on writing it. */
  resume(transcript: string, options?: Omit<AgentRunOptions, 'transcript'>): Promise<AgentRunResult<Output>>;
  /** Cancels runs that are at work and waits for them. `await using` calls it, where that is known (Node 24). */
  close(): Promise<void>;
}
