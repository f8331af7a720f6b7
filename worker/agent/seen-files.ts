import type { Conversation } from './read-transcript.ts';

/** Their calls name one file. */
export const fileTools: ReadonlySet<string> = new Set(['Read', 'Write', 'Edit']);

/**
 * Paths, as the agent gave them, of files that it has read or written: the tools it goes on with must know them. With
 * the round before which its files were brought onto another commit: since then, as they may be others now.
 */
export function seenFiles(conversation: Conversation, movedBefore = 0): string[] {
  if (conversation.repairs < movedBefore) return [];
  const { unfinished } = conversation;
  const messages = movedBefore === 0 ? conversation.messages : conversation.messages.slice(conversation.repairedAt);
  const succeeded = new Set<string>();
  for (const { content } of messages) {
    for (const block of content) {
      if (block.type === 'tool_result' && block.is_error !== true) succeeded.add(block.tool_use_id);
    }
  }
  for (const [id, { status }] of unfinished?.ends ?? []) if (status === 'ok') succeeded.add(id);
  const replies = messages.flatMap((message) => (message.role === 'assistant' ? message.content : []));
  const paths = new Set<string>();
  for (const block of [...replies, ...(unfinished?.content ?? [])]) {
    if (block.type !== 'tool_use' || !fileTools.has(block.name) || !succeeded.has(block.id)) continue;
    const path = block.input['file_path'];
    if (typeof path === 'string') paths.add(path);
  }
  return [...paths];
}
