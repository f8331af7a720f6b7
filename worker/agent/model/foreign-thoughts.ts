/**
 * Which model signed which thought of a conversation: a signature is worth something only to the model it is from, and
 * another one refuses the request. Called by fallback-model.ts.
 */
import type { ContentBlock, Message, ModelRequest } from './model.ts';

/** Models by signature. */
export type Thoughts = ReadonlyMap<string, string>;

/** What names a thought; undefined for other blocks. */
export function thoughtOf(block: Pick<ContentBlock, 'type'> & Partial<{ signature: string; data: string }>) {
  if (block.type === 'thinking') return block.signature;
  return block.type === 'redacted_thinking' ? block.data : undefined;
}

/** The request without thoughts of models other than `name`; of whom nothing is known counts as `first`'s. */
export function withoutForeignThoughts(
  request: ModelRequest,
  thoughts: Thoughts,
  name: string,
  first: string,
): ModelRequest {
  const isForeign = (block: ContentBlock): boolean => {
    const thought = thoughtOf(block);
    return thought !== undefined && (thoughts.get(thought) ?? first) !== name;
  };
  const isTouched = ({ role, content }: Message): boolean =>
    role === 'assistant' && (content as ContentBlock[]).some(isForeign);
  if (!request.messages.some(isTouched)) return request;
  return {
    ...request,
    messages: request.messages.map((message) =>
      message.role === 'assistant' && isTouched(message)
        ? { ...message, content: message.content.filter((block) => !isForeign(block)) }
        : message,
    ),
  };
}
