/**
 * Builds each request of a conversation so that the most is read from the prompt cache. Called by run-agent.ts.
 * Promise: for equal tools, `system` and `run` layers everything before the first message is byte-identical; at most
 * four cache breakpoints: the end of each shared layer, the newest user message and the one before, which the turn
 * before has written (a breakpoint looks back 20 blocks only, and a turn may add more).
 */
import type { CacheControl, Message, ModelRequest, TextBlock, ToolDefinition } from '../model/model.ts';
import type { PromptLayers } from './layers.ts';

const breakpoint: CacheControl = { type: 'ephemeral' };
const markedMessages = 2;

export interface Prompt {
  /** The message that opens the conversation. */
  opening(): Message & { role: 'user' };
  request(messages: readonly Message[]): ModelRequest;
}

export function createPrompt(tools: readonly ToolDefinition[], { system, run, task }: PromptLayers): Prompt {
  const shared: TextBlock[] = [system, run]
    .filter((text) => text.trim() !== '')
    .map((text) => ({ type: 'text', text, cache_control: breakpoint }));
  return {
    opening: () => ({ role: 'user', content: [{ type: 'text', text: task }] }),
    request: (messages) => ({ tools, system: shared, messages: withBreakpoints(messages) }),
  };
}

function withBreakpoints(messages: readonly Message[]): Message[] {
  const result = [...messages];
  let marked = 0;
  for (let index = result.length - 1; index >= 0 && marked < markedMessages; index -= 1) {
    const message = result[index];
    if (message?.role !== 'user') continue;
    const last = message.content.at(-1);
    if (last === undefined) continue;
    result[index] = {
      role: 'user',
      content: [...message.content.slice(0, -1), { ...last, cache_control: breakpoint }],
    };
    marked += 1;
  }
  return result;
}
