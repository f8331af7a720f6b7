/**
 * Builds each request of a conversation so that the most is read from the prompt cache. Called by run-agent.ts.
 * Promise: for equal tools, `system` and `run` layers everything before the first message is byte-identical; at most
 * four cache breakpoints: the end of each shared layer, the newest user message, and the last one that the request
 * before had too and has written (a breakpoint looks back 20 blocks only, and a turn may add more). Once after room was
 * made in the context, the end of what is settled has one instead of the first layer.
 */
import type { CacheControl, Message, ModelRequest, TextBlock, ToolDefinition } from '../model/model.ts';
import type { PromptLayers } from './layers.ts';

const breakpoint: CacheControl = { type: 'ephemeral' };
const mostMarks = 4;

export interface Prompt {
  /** The message that opens the conversation. */
  opening(): Message & { role: 'user' };
  /**
   * Messages that stay as they were are the same objects as in the request before. The first `settled` will stay longer
   * than those after them: where they must be written to the cache anew, they can be read alone later.
   */
  request(messages: readonly Message[], settled?: number): ModelRequest;
}

export function createPrompt(tools: readonly ToolDefinition[], { system, run, task }: PromptLayers): Prompt {
  const shared: TextBlock[] = [system, run]
    .filter((text) => text.trim() !== '')
    .map((text) => ({ type: 'text', text, cache_control: breakpoint }));
  let sent: readonly Message[] | undefined;
  return {
    opening: () => ({ role: 'user', content: [{ type: 'text', text: task }] }),
    request(messages, settled = 0) {
      const newest = lastOfUser(messages, messages.length);
      // Where an agent goes on, another process has sent the messages before the newest.
      const common = sent === undefined ? newest : commonStart(sent, messages);
      sent = [...messages];
      const places = new Set([newest, lastOfUser(messages, Math.min(common, newest))]);
      if (common < settled) places.add(lastOfUser(messages, settled));
      places.delete(-1);
      // What is read with the messages needs no mark of its own.
      const system =
        shared.length + places.size > mostMarks ? [...shared.slice(0, -1).map(unmarked), ...shared.slice(-1)] : shared;
      return { tools, system, messages: marked(messages, places) };
    },
  };
}

function unmarked({ type, text }: TextBlock): TextBlock {
  return { type, text };
}

/** Index of the last message of the user before `end`, -1 for none. */
function lastOfUser(messages: readonly Message[], end: number): number {
  for (let index = end - 1; index >= 0; index -= 1) {
    const { role, content } = messages[index] ?? {};
    if (role === 'user' && content?.length !== 0) return index;
  }
  return -1;
}

function commonStart(left: readonly Message[], right: readonly Message[]): number {
  const end = Math.min(left.length, right.length);
  let common = 0;
  while (common < end && left[common] === right[common]) common += 1;
  return common;
}

function marked(messages: readonly Message[], places: ReadonlySet<number>): Message[] {
  const result = [...messages];
  for (const place of places) {
    const message = messages[place];
    const last = message?.role === 'user' ? message.content.at(-1) : undefined;
    if (message?.role !== 'user' || last === undefined) continue;
    result[place] = {
      role: 'user',
      content: [...message.content.slice(0, -1), { ...last, cache_control: breakpoint }],
    };
  }
  return result;
}
