/** Small pieces of a conversation that run-agent.ts puts together. */
import type { ErrorRecord, Usage } from '../../tasks/index.ts';
import type { Judgement } from './judge-reply.ts';
import type { TextBlock, ToolUseBlock } from './model/model.ts';
import { readReply } from './read-reply.ts';
import type { Conversation } from './read-transcript.ts';
import type { CallOutcome } from './tool-runner.ts';

/** Of prompt and reply together. */
export function contextSize({ inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens }: Usage): number {
  return inputTokens + cacheReadTokens + cacheWriteTokens + outputTokens;
}

export function outgrown(name: string): ErrorRecord {
  return {
    code: 'context-exhausted',
    message: `The conversation has outgrown the context window of ${name}, and there is nothing left to take out.`,
    next: 'Give the subtask less to read, split it, or use a model with a larger context.',
    failure: 'permanent',
  };
}

export function lastWords({ messages, unfinished }: Conversation): string {
  const replies = messages.flatMap((message) => (message.role === 'assistant' ? [message.content] : []));
  if (unfinished !== undefined) replies.push(unfinished.content);
  return replies.map((content) => readReply(content, null, {}).text).findLast((words) => words !== '') ?? '';
}

/** Ids that no further call may have: the API wants them to be unique, and results are kept by them. */
export function callIds(history: Conversation | undefined): Set<string> {
  const replies = (history?.messages ?? []).map(({ content }) => content);
  const blocks = [...replies.flat(), ...(history?.unfinished?.content ?? [])];
  return new Set(blocks.flatMap((block) => (block.type === 'tool_use' ? [block.id] : [])));
}

export function resultBlocks(calls: readonly ToolUseBlock[], outcomes: readonly CallOutcome[]) {
  return outcomes.map(({ content, status }, index) => ({
    type: 'tool_result' as const,
    tool_use_id: calls[index]?.id ?? '',
    content,
    ...(status === 'ok' ? {} : { is_error: true }),
  }));
}

export function noteBlocks(judgement: Judgement): TextBlock[] {
  return judgement.next === 'go-on' && judgement.note !== undefined ? [{ type: 'text', text: judgement.note }] : [];
}
