/**
 * Agents for programs of one's own: the loop without a coordinator. Promise: nothing is printed, the process's signals
 * are left alone, what a run started has ended when it resolves, and nothing of the worker is loaded before it is
 * needed.
 */
import { setMaxListeners } from 'node:events';
import { FanfoldError, messageOf } from '../../tasks/index.ts';
import type { AgentResult, AgentSetup } from '../agent/agent.ts';
import type { Agent, AgentOptions, AgentRunOptions, AgentRunResult } from './agent-options.ts';
import { type ReadSchema, readSchema } from './any-schema.ts';
import { checkLimits, checkTools, problemWithRun } from './check-options.ts';
import { checkPermissions } from './check-permissions.ts';
import { type OpenModel, openModel } from './open-model.ts';

/** FanfoldError `usage` for options that can't be used. */
export function createAgent<Output = unknown>(options: AgentOptions<Output> = {}): Agent<Output> {
  const { tools = [], limits = {} } = options;
  checkLimits(limits);
  checkTools(tools);
  const policy = checkPermissions(options.permissions ?? {}, tools);
  const output: ReadSchema<Output> | undefined =
    options.output === undefined ? undefined : readSchema(options.output, 'the output');
  const closing = new AbortController();
  const underWay = new Set<Promise<unknown>>();
  let model: Promise<OpenModel> | undefined;

  async function begin(
    { signal, ...run }: AgentRunOptions,
    from: { prompt: string } | { resume: string },
  ): Promise<AgentRunResult<Output>> {
    const { converse } = await import('./converse.ts');
    model ??= openModel(options);
    const aborting = new AbortController();
    const follow = (source: AbortSignal) => (): void => aborting.abort(cancellation(source.reason));
    const sources = [closing.signal, ...(signal === undefined ? [] : [signal])].map((source) => {
      const listener = follow(source);
      // Runs at the same time each have one; many are no leak.
      setMaxListeners(0, source);
      source.addEventListener('abort', listener, { once: true });
      if (source.aborted) listener();
      return { source, listener };
    });
    try {
      return await converse({ options, policy, output, model: await model, run, signal: aborting.signal, from });
    } finally {
      for (const { source, listener } of sources) source.removeEventListener('abort', listener);
    }
  }

  function start(run: AgentRunOptions, from: { prompt: string } | { resume: string }): Promise<AgentRunResult<Output>> {
    if (closing.signal.aborted) return Promise.reject(closedBefore());
    const problem = problemWithRun(run, from);
    if (problem !== undefined) return Promise.reject(problem);
    const result = begin(run, from);
    underWay.add(result);
    const forget = (): void => void underWay.delete(result);
    result.then(forget, forget);
    return result;
  }

  async function close(): Promise<void> {
    closing.abort(closed());
    await Promise.allSettled(underWay);
    await (await model?.catch(() => undefined))?.[Symbol.asyncDispose]();
  }

  return {
    run: (prompt, run = {}) => start(run, { prompt }),
    resume: (resume, run = {}) => start(run, { resume }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The loop itself, for who brings all that it needs. Promise: as in worker/agent/run-agent.ts. */
export async function runAgent(setup: AgentSetup): Promise<AgentResult> {
  return (await import('../agent/run-agent.ts')).runAgent(setup);
}

function closedBefore(): FanfoldError {
  return new FanfoldError({
    code: 'usage',
    message: 'The agent is closed and runs nothing more.',
    next: 'Close it when its runs have ended, or make another.',
  });
}

function closed(): FanfoldError {
  return new FanfoldError({
    code: 'cancelled',
    message: 'The agent was closed.',
    next: 'Close it when its runs have ended.',
    failure: 'cancelled',
  });
}

/** Whatever a program aborts with, it is no defect. */
function cancellation(reason: unknown): FanfoldError {
  if (reason instanceof FanfoldError) return reason;
  return new FanfoldError({
    code: 'cancelled',
    message: `The agent was cancelled: ${messageOf(reason)}`,
    next: 'Run it again, or resume its transcript.',
    failure: 'cancelled',
    cause: reason,
  });
}
