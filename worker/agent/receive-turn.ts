/**
 * What a model gave, made fit to be sent back and to be kept: blocks have the fields that are known of them and no
 * other, calls whose ids are taken get others (some servers count from 0 in every reply), and inputs that are no JSON
 * objects are malformed. Called by take-turn.ts.
 */
import type { ContentBlock, ModelTurn } from './model/model.ts';

/** What was wrong with inputs that could not be read, by call. Ids are a model's words: they may name what objects inherit. */
export type Malformed = Readonly<Record<string, string>>;

export function problemWith(malformed: Malformed | undefined, id: string): string | undefined {
  return malformed !== undefined && Object.hasOwn(malformed, id) ? malformed[id] : undefined;
}

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
  const problems: [string, string][] = [];
  const content = turn.content.map((given) => {
    const { block, problem } = receiveBlock(distinct(given));
    if (block.type !== 'tool_use' || given.type !== 'tool_use') return block;
    const told = problemWith(turn.malformed, given.id) ?? problem;
    if (told !== undefined) problems.push([block.id, told]);
    return block;
  });
  const { malformed: _, ...rest } = turn;
  return { ...rest, content, ...(problems.length === 0 ? {} : { malformed: Object.fromEntries(problems) }) };
}

/** `problem` tells that the input of a call is not what was given. */
export function receiveBlock(block: ContentBlock): { block: ContentBlock; problem?: string } {
  switch (block.type) {
    case 'text':
      return { block: { type: 'text', text: block.text } };
    case 'thinking':
      return { block: { type: 'thinking', thinking: block.thinking, signature: block.signature } };
    case 'redacted_thinking':
      return { block: { type: 'redacted_thinking', data: block.data } };
    case 'tool_use': {
      const { id, name } = block;
      const input = jsonObject(block.input);
      if (input !== undefined) return { block: { type: 'tool_use', id, name, input } };
      return { block: { type: 'tool_use', id, name, input: {} }, problem: 'The input is not a JSON object.' };
    }
  }
}

/** As it will be read back from where it is kept; undefined for what JSON can't say. */
function jsonObject(value: unknown): Record<string, unknown> | undefined {
  try {
    const copy: unknown = JSON.parse(JSON.stringify(value));
    return typeof copy === 'object' && copy !== null && !Array.isArray(copy)
      ? (copy as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
