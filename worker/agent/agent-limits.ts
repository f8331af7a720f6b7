/**
 * When an agent stops without an answer. Called by run-agent.ts. Turns, tokens and money are looked at before each
 * request, so that an answer that has come is an answer; the deadline ends what is under way. What is reserved for a
 * run before a request is made is not its business: a Model that refuses does that.
 */
import { setMaxListeners } from 'node:events';
import { type ErrorRecord, FanfoldError, totalTokens, type Usage } from '../../tasks/index.ts';

export interface AgentLimits {
  /** Requests to the model, those for summaries not counted. Default 100. */
  maxTurns: number;
  /** Input, cached or not, and output, of all requests together. Default: no limit. */
  maxTokens?: number | undefined;
  /** Of all requests together, by the prices that the model reports. Default: no limit. */
  maxUsd?: number | undefined;
  /** From the start of the agent, ms. Default: no limit. */
  deadlineMs?: number | undefined;
}

const usualMaxTurns = 100;
/** Node fires a longer timer at once. */
const longestTimerMs = 2_147_483_647;

/** Why there is no further request, or undefined. */
export function limitReached(
  { turns, usage }: { turns: number; usage: Usage },
  { maxTurns = usualMaxTurns, maxTokens = Infinity, maxUsd = Infinity }: Partial<AgentLimits>,
): ErrorRecord | undefined {
  const next = 'Split the work or say more precisely what is wanted; its transcript shows what it did.';
  const failure = 'permanent';
  if (turns >= maxTurns) {
    const message = `The agent did not finish within ${maxTurns} turns.`;
    return { code: 'agent-turn-limit', message, next, failure };
  }
  const tokens = totalTokens(usage);
  if (tokens >= maxTokens) {
    const message = `The agent did not finish within ${maxTokens} tokens: it has used ${tokens}.`;
    return { code: 'budget-exhausted', message, next, failure, data: { tokens } };
  }
  if (usage.usd >= maxUsd) {
    const message = `The agent did not finish within ${maxUsd} USD: it has cost ${usage.usd.toFixed(4)}.`;
    return { code: 'budget-exhausted', message, next, failure, data: { usd: usage.usd } };
  }
  return undefined;
}

export interface Deadline extends Disposable {
  /** Aborts with `parent`, with `timeout` when the time is over, or by `abort`. */
  readonly signal: AbortSignal;
  abort(reason: FanfoldError): void;
}

export function createDeadline(parent: AbortSignal, deadlineMs: number | undefined): Deadline {
  const controller = new AbortController();
  // Each running call listens to it, and each agent of its owner to the parent; many at once are no leak.
  setMaxListeners(0, controller.signal, parent);
  const follow = (): void => controller.abort(parent.reason);
  parent.addEventListener('abort', follow, { once: true });
  if (parent.aborted) follow();
  const isTimed = deadlineMs !== undefined && deadlineMs <= longestTimerMs;
  const end = (): void => {
    if (deadlineMs === undefined) return;
    const message = `The agent did not finish within ${deadlineMs / 1000} s.`;
    const next = 'Give it more time, or split the work; its transcript shows what it did.';
    controller.abort(new FanfoldError({ code: 'timeout', message, next, failure: 'timeout' }));
  };
  const timer = isTimed ? setTimeout(end, deadlineMs) : undefined;
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    [Symbol.dispose]() {
      clearTimeout(timer);
      parent.removeEventListener('abort', follow);
    },
  };
}
