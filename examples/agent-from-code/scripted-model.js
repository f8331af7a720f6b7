// A Model is anything with a name and `stream`: what it is asked goes in, one turn comes out. This one plays replies.
export function scriptedModel(replies) {
  let turn = 0;
  return {
    name: 'scripted',
    async stream({ messages }, { signal, onBlock, onText }) {
      signal.throwIfAborted();
      const content = replies[turn](messages.at(-1).content);
      turn += 1;
      for (const [index, block] of content.entries()) {
        if (block.type === 'text') onText?.(block.text);
        onBlock?.(block, index);
      }
      const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, usd: 0 };
      return { ok: true, content, stopReason: null, usage };
    },
  };
}
