/**
 * The agent loop: ask the model, run the calls of its reply, answer them in one message, until it has nothing more to
 * call. Called by executors/prompt.ts and usable from code. Promise: never rejects for an expected failure, leaves no
 * call running when it resolves, and hands every finished turn to the transcript before it goes on.
 */
import { setMaxListeners } from 'node:events';
import { addUsage, type ErrorRecord, noUsage, oneLine, toErrorRecord } from '../../tasks/index.ts';
import type { AgentResult, AgentSetup } from './agent.ts';
import { type Judgement, judgeReply, newPatience, notes, type Reply } from './judge-reply.ts';
import type { ContentBlock, Message, TextBlock, ToolUseBlock } from './model/model.ts';
import { createPrompt } from './prompt/build-request.ts';
import { createRepetition } from './repetition.ts';
import { takeTurn } from './take-turn.ts';
import { type CallOutcome, createToolRunner } from './tool-runner.ts';

const usualMaxTurns = 100;

export async function runAgent(setup: AgentSetup): Promise<AgentResult> {
  const { model, prompt: layers, signal, report, transcript, result, clock = () => performance.now() } = setup;
  // Each running call listens to it; many at once are no leak.
  setMaxListeners(0, signal);
  const { maxTurns = usualMaxTurns } = setup.limits ?? {};
  const tools = [...setup.tools, ...(result === undefined ? [] : [result])].map(({ definition }) => definition);
  const prompt = createPrompt(tools, layers);
  const runner = createToolRunner(setup);
  const repetition = createRepetition();
  const patience = newPatience();
  const messages: Message[] = [];
  let usage = noUsage();
  let turns = 0;
  let text = '';

  const say = (message: Message, rest: { stopReason?: string | null; usage?: typeof usage } = {}): void => {
    messages.push(message);
    transcript.append({ type: 'message', turn: turns, message, ...rest });
  };
  const end = () => ({ text, usage, turns, denials: runner.denials });
  const fail = (error: ErrorRecord): AgentResult => {
    return { status: error.failure === 'cancelled' ? 'cancelled' : 'failed', error, ...end() };
  };

  transcript.append({ type: 'start', version: 1, model: model.name, layers, tools: tools.map(({ name }) => name) });
  say(prompt.opening());
  while (turns < maxTurns) {
    if (signal.aborted) return fail(toErrorRecord(signal.reason));
    turns += 1;
    const startedAt = clock();
    const { turn, runCalls } = await takeTurn(setup, prompt.request(messages), runner);
    usage = addUsage(usage, turn.usage);
    const stopReason = turn.ok ? turn.stopReason : null;
    const durationMs = Math.round(clock() - startedAt);
    report({ type: 'model-end', turn: turns, model: model.name, usage: turn.usage, stopReason, durationMs });
    if (!turn.ok) {
      await runCalls([], {});
      return fail(turn.error);
    }
    const reply = readReply(turn.content, stopReason, turn.malformed ?? {});
    if (reply.text !== '') text = reply.text;
    say({ role: 'assistant', content: reply.content }, { stopReason, usage: turn.usage });
    if (reply.text !== '' && reply.calls.length > 0) {
      report({ type: 'subtask-progress', activity: oneLine(reply.text, 200) });
    }
    const outcomes = await runCalls(reply.calls, turn.malformed ?? {});
    if (signal.aborted) return fail(toErrorRecord(signal.reason));
    if (result?.submitted !== undefined) {
      say({ role: 'user', content: resultBlocks(reply.calls, outcomes) });
      return { status: 'done', output: result.submitted.value, ...end() };
    }
    const judgement = judgeReply(reply, patience, result, repetition.note(outcomes));
    if (judgement.next === 'fail') return fail(judgement.error);
    if (judgement.next === 'end') return { status: 'done', ...end() };
    say({ role: 'user', content: [...resultBlocks(reply.calls, outcomes), ...noteBlocks(judgement)] });
  }
  return fail({
    code: 'agent-turn-limit',
    message: `The agent did not finish within ${maxTurns} turns.`,
    next: 'Split the subtask, or say more precisely what is wanted; its transcript shows what it did.',
    failure: 'permanent',
  });
}

/** The reply as it can be sent back: a cut-off call is left out, and it never consists of thoughts alone. */
function readReply(
  blocks: readonly ContentBlock[],
  stopReason: string | null,
  malformed: Readonly<Record<string, string>>,
): Reply {
  const cutOff = (block: ContentBlock): boolean =>
    stopReason === 'max_tokens' && block.type === 'tool_use' && malformed[block.id] !== undefined;
  const content = blocks.filter((block) => !cutOff(block));
  const calls = content.filter((block) => block.type === 'tool_use');
  const text = content
    .filter((block) => block.type === 'text')
    .map((block) => block.text)
    .join('\n')
    .trim();
  const isEmpty = calls.length === 0 && text === '';
  return { content: isEmpty ? [...content, { type: 'text', text: notes.noAnswer }] : content, calls, text, stopReason };
}

function resultBlocks(calls: readonly ToolUseBlock[], outcomes: readonly CallOutcome[]) {
  return outcomes.map(({ content, status }, index) => ({
    type: 'tool_result' as const,
    tool_use_id: calls[index]?.id ?? '',
    content,
    ...(status === 'ok' ? {} : { is_error: true }),
  }));
}

function noteBlocks(judgement: Judgement): TextBlock[] {
  return judgement.next === 'go-on' && judgement.note !== undefined ? [{ type: 'text', text: judgement.note }] : [];
}
