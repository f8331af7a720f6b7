/**
 * What a model gave, made fit to be sent back: calls whose ids are taken get others (some servers count from 0 in every
 * reply), and inputs that are no objects are malformed. Called by take-turn.ts.
 */
import type { ContentBlock, ModelTurn, ToolUseBlock } from './model/model.ts';

/** Gives out the blocks of one stream, in order, with ids that neither `used` nor a block before has. */
export function distinctIds(used: ReadonlySet<string>): (block: ContentBlock) => ContentBlock {
  const own = new Set<string>();
  return (block) => {
    if (block.type !== 'tool_use') return block;
    let { id } = block;
    for (let count = 2; used.has(id) || own.has(id); count += 1) id = `${block.id}_${count}`;
    own.add(id);
    return id === block.id ? block : { ...block, id };
  };
}

export function receiveTurn(turn: ModelTurn & { ok: true }, used: ReadonlySet<string>): ModelTurn & { ok: true } {
  const distinct = distinctIds(used);
  const malformed: Record<string, string> = {};
  const content = turn.content.map((block) => {
    const received = distinct(block);
    if (block.type !== 'tool_use' || received.type !== 'tool_use') return received;
    const problem = turn.malformed?.[block.id];
    const isSound = hasObjectInput(received);
    if (problem !== undefined || !isSound) malformed[received.id] = problem ?? 'The input is not a JSON object.';
    return isSound ? received : { ...received, input: {} };
  });
  const { malformed: _, ...rest } = turn;
  return { ...rest, content, ...(Object.keys(malformed).length === 0 ? {} : { malformed }) };
}

export function hasObjectInput({ input }: ToolUseBlock): boolean {
  return typeof input === 'object' && input !== null && !Array.isArray(input);
}
