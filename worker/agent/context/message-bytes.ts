import type { Message } from '../model/model.ts';

type UserBlock = (Message & { role: 'user' })['content'][number];

/** About what a block takes besides its text. */
const frameBytes = 20;

/** Bytes of a message as the model reads it, about. */
export function messageBytes({ content }: Message): number {
  let bytes = 0;
  for (const block of content) {
    bytes += frameBytes;
    if (block.type === 'text') bytes += Buffer.byteLength(block.text);
    else if (block.type === 'tool_result') bytes += resultBytes(block);
    else if (block.type === 'tool_use') bytes += Buffer.byteLength(JSON.stringify(block.input)) + block.name.length;
    else if (block.type === 'thinking') bytes += Buffer.byteLength(block.thinking) + block.signature.length;
    else bytes += block.data.length;
  }
  return bytes;
}

export function resultBytes({ content }: UserBlock & { type: 'tool_result' }): number {
  return Buffer.byteLength(content);
}
