import { isCutOffBy, notes, type Reply } from './judge-reply.ts';
import type { ContentBlock } from './model/model.ts';
import { type Malformed, problemWith } from './receive-turn.ts';

/**
 * The reply as it can be sent back: a cut-off call is left out, and it never consists of thoughts alone. What it makes
 * of its own `content` is the same reply.
 */
export function readReply(blocks: readonly ContentBlock[], stopReason: string | null, malformed: Malformed): Reply {
  const cutOff = (block: ContentBlock): boolean =>
    isCutOffBy(stopReason) && block.type === 'tool_use' && problemWith(malformed, block.id) !== undefined;
  const content = blocks.filter((block) => !cutOff(block) && !isNoAnswer(block) && !isBlank(block));
  const calls = content.filter((block) => block.type === 'tool_use');
  const text = content
    .filter((block) => block.type === 'text')
    .map((block) => block.text)
    .join('\n')
    .trim();
  const isEmpty = calls.length === 0 && text === '';
  return { content: isEmpty ? [...content, { type: 'text', text: notes.noAnswer }] : content, calls, text, stopReason };
}

/** The API takes none back. */
function isBlank(block: ContentBlock): boolean {
  return block.type === 'text' && block.text.trim() === '';
}

function isNoAnswer(block: ContentBlock): boolean {
  return block.type === 'text' && block.text === notes.noAnswer;
}
