/**
 * Runs one tool call: prepare, decide, execute, finish. Called by take-turn.ts. Promise: `run` never rejects; whatever
 * happens is an outcome the model can be told.
 */
import { messageOf, oneLine } from '../../tasks/index.ts';
import { decide } from '../permissions/decide.ts';
import type { AgentSetup } from './agent.ts';
import { keepResult } from './context/keep-result.ts';
import type { ToolUseBlock } from './model/model.ts';
import { createSlots } from './slots.ts';
import { executeWithin } from './tools/execute-within.ts';
import type { PreparedCall, Tool, ToolResult } from './tools/tool.ts';

export interface CallOutcome {
  /** Equal for calls of the same tool with the same input. */
  key: string;
  content: string;
  status: 'ok' | 'error' | 'denied' | 'cancelled';
  readOnly: boolean;
  /** Denied because nobody answered who could have allowed it. */
  unanswered?: true;
}

/** How a call ended. */
type CallEnd = Pick<CallOutcome, 'content' | 'status' | 'unanswered'>;

export interface ToolRunner {
  /**
   * `malformed` is what was wrong with an input that could not be read; `onStart` is called once the call is permitted,
   * right before it is executed.
   */
  run(call: ToolUseBlock, malformed?: string, onStart?: () => void): Promise<CallOutcome>;
  isReadOnly(call: ToolUseBlock): boolean;
  /** Of read-only calls: whether it may begin before the reply has ended. */
  startsEarly(call: ToolUseBlock): boolean;
  /** Whether it is made again when it was interrupted. */
  goesOn(call: ToolUseBlock): boolean;
  /** Resolves when no call is under way. */
  settled(): Promise<void>;
  /** Calls denied so far because nobody was there to ask. */
  readonly denials: number;
}

export function callKey({ name, input }: ToolUseBlock): string {
  return `${name} ${JSON.stringify(input)}`;
}

const cancelled: CallEnd = { content: 'The work was cancelled.', status: 'cancelled' };

/** Calls of one agent that run at the same time: a reply can hold hundreds, each of which may start a process. */
const mostAtOnce = 8;

export function createToolRunner(setup: AgentSetup): ToolRunner {
  const { permissions, report, signal, clock = () => performance.now() } = setup;
  const tools = new Map<string, Tool>();
  for (const tool of [...setup.tools, ...(setup.result === undefined ? [] : [setup.result])]) {
    tools.set(tool.definition.name, tool);
  }
  const inSlot = createSlots(mostAtOnce);
  const isReadOnly = ({ name, input }: ToolUseBlock): boolean => {
    const tool = tools.get(name);
    return tool?.readOnly === true || tool?.readsOnly?.(input) === true;
  };
  const underWay = new Set<Promise<CallOutcome>>();
  let denials = 0;

  async function refusalOf({ request, summary }: PreparedCall & { ok: true }): Promise<CallEnd | undefined> {
    const denied = (content: string) => ({ content, status: 'denied' as const });
    const decision = decide(request, permissions.policy);
    if (decision.behavior === 'allow') return undefined;
    if (decision.behavior === 'ask') {
      const question = { tool: request.tool, summary: request.command ?? summary, reason: decision.reason };
      const answer = (await permissions.ask?.(question, signal)) ?? { allowed: false, by: 'nobody' };
      if (answer.allowed) return undefined;
      const refusal = denied(`Permission denied: ${decision.reason} ${whoDenied[answer.by]} Go on without it.`);
      if (answer.by === 'person') return refusal;
      denials += 1;
      return { ...refusal, unanswered: true };
    }
    return denied(`Permission denied: ${decision.reason} Go on without it.`);
  }

  async function perform(
    id: string,
    prepared: PreparedCall & { ok: true },
    onStart: () => void,
    { paged, limits }: Pick<Tool, 'paged' | 'limits'>,
  ): Promise<CallEnd> {
    if (signal.aborted) return cancelled;
    const refusal = await refusalOf(prepared);
    if (refusal !== undefined) return refusal;
    const result = await inSlot(async (): Promise<ToolResult | undefined> => {
      // While it waited.
      if (signal.aborted) return undefined;
      onStart();
      return executeWithin((stop) => prepared.execute(stop, id), signal, limits);
    });
    if (result === undefined) return cancelled;
    const whole = result.content.trim() === '' ? '(no output)' : result.content;
    const content = paged === true ? whole : await keepResult(id, whole, setup.results);
    return { content, status: signal.aborted ? 'cancelled' : result.isError ? 'error' : 'ok' };
  }

  async function runCall(call: ToolUseBlock, malformed?: string, onStart = () => {}): Promise<CallOutcome> {
    const startedAt = clock();
    const tool = tools.get(call.name);
    const prepared = prepare(tool, call, malformed, tools);
    const named = { tool: oneLine(call.name, 100), toolUseId: oneLine(call.id, 100) };
    report({ type: 'tool-start', ...named, summary: prepared.ok ? oneLine(prepared.summary, 200) : 'invalid call' });
    let end: CallEnd;
    try {
      end = prepared.ok
        ? await perform(call.id, prepared, onStart, tool ?? {})
        : { content: prepared.problem, status: 'error' };
    } catch (error) {
      end = { content: `The tool failed: ${messageOf(error)}`, status: signal.aborted ? 'cancelled' : 'error' };
    }
    report({ type: 'tool-end', ...named, durationMs: Math.round(clock() - startedAt), status: end.status });
    return { key: callKey(call), readOnly: isReadOnly(call), ...end };
  }

  return {
    get denials() {
      return denials;
    },
    isReadOnly,
    startsEarly: (call) => tools.get(call.name)?.waits !== true,
    goesOn: (call) => tools.get(call.name)?.goesOn === true,
    run(call, malformed, onStart) {
      const outcome = runCall(call, malformed, onStart);
      underWay.add(outcome);
      const forget = (): void => void underWay.delete(outcome);
      outcome.then(forget, forget);
      return outcome;
    },
    async settled() {
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
  };
}

const whoDenied = {
  person: 'A person was asked and said no.',
  timeout: 'A person was asked and did not answer.',
  nobody: 'Nobody is there to be asked.',
};

function prepare(
  tool: Tool | undefined,
  call: ToolUseBlock,
  malformed: string | undefined,
  tools: ReadonlyMap<string, Tool>,
): PreparedCall {
  if (tool === undefined) {
    return { ok: false, problem: `There is no tool ${call.name}. The tools are ${[...tools.keys()].join(', ')}.` };
  }
  if (malformed !== undefined) return { ok: false, problem: malformed };
  try {
    return tool.prepare(call.input);
  } catch (error) {
    return { ok: false, problem: `The tool failed: ${messageOf(error)}` };
  }
}
