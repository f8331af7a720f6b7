/**
 * Has a conversation summed up by a model, as one more message in it: so the prompt is read from the cache. Called by
 * make-room.ts. Promise: a summary that is given out is whole, and shorter than half of what it replaces.
 */
import { askModel } from '../ask-model.ts';
import type { Message, Model, ModelTurn } from '../model/model.ts';
import type { Prompt } from '../prompt/build-request.ts';
import type { Compaction } from './context.ts';

export const summaryRequest = `Your context is nearly full. What you have seen and done so far will be replaced by a summary that you write now; your task as it was given to you stays, and so do your last steps. Write all that you need to go on without a gap, and nothing else:

1. The task as you understand it by now, and what it still asks for.
2. Decisions and findings: each with its reason; names, figures and words that matter exactly as they are.
3. Files that you read or changed: path, what matters in it, what you did to it.
4. What is open: problems, failed attempts and why they failed, what you were about to do next.
5. Messages from others, instructions of folders, and handles (result:…) that are still needed.

Answer with the summary alone, in at most 1,500 words. Call no tool.`;

const introduction = `The conversation between this and your last steps was replaced by this summary, which you wrote:`;
const conclusion = 'Go on from here. Read again what you need word for word.';

export interface Summarised {
  turn: ModelTurn;
  /** To be put in place of the messages; undefined where the model gave none that is of use. */
  summary: string | undefined;
}

export async function summarise(
  model: Model,
  { seen, bytes }: Compaction,
  { prompt, isOther, signal }: { prompt: Prompt; isOther: boolean; signal: AbortSignal },
): Promise<Summarised> {
  const turn = await askModel(model, prompt.request(asked(isOther ? seen.map(withoutThinking) : seen)), { signal });
  return { turn, summary: turn.ok ? usefulText(turn, bytes / 2) : undefined };
}

/** Consecutive messages of the user count as one: the request is another block of the last. */
function asked(seen: readonly Message[]): Message[] {
  const last = seen.at(-1);
  if (last?.role !== 'user') return [...seen];
  return [...seen.slice(0, -1), { role: 'user', content: [...last.content, { type: 'text', text: summaryRequest }] }];
}

/** Another model can't take what this one signed. */
function withoutThinking(message: Message): Message {
  if (message.role === 'user') return message;
  const content = message.content.filter(({ type }) => type !== 'thinking' && type !== 'redacted_thinking');
  return { role: 'assistant', content };
}

/** A call it makes all the same is not run. */
function usefulText({ content, stopReason }: ModelTurn & { ok: true }, longestBytes: number): string | undefined {
  if (stopReason !== 'end_turn' && stopReason !== 'tool_use' && stopReason !== 'stop_sequence' && stopReason !== null)
    return undefined;
  const text = content
    .flatMap((block) => (block.type === 'text' ? [block.text] : []))
    .join('\n')
    .trim();
  const summary = `${introduction}\n\n${text}\n\n${conclusion}`;
  return text === '' || Buffer.byteLength(summary) > longestBytes ? undefined : summary;
}
