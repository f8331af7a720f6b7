import { describe, expect, it } from 'vitest';
import { findClearable } from '../../../../worker/agent/context/clearing.ts';
import { contextRule, paysBack } from '../../../../worker/agent/context/context-rule.ts';
import type { Message } from '../../../../worker/agent/model/model.ts';

describe('contextRule', () => {
  it('leaves room for the answer, and clears well before it sums up', () => {
    const rule = contextRule({ name: 'claude-sonnet-4-5', limits: { contextTokens: 200_000, outputTokens: 32_000 } });
    expect(rule).toMatchObject({ compactAt: 151_200, clearAt: 98_280, breakPrice: 11.5 });
  });

  it('does not wait for a window of a million to fill, nor for a prompt to become dear', () => {
    expect(contextRule({ name: 'claude-sonnet-5-5' })).toMatchObject({ compactAt: 400_000, clearAt: 150_000 });
    expect(contextRule({ name: 'claude-haiku-5-5' })?.compactAt).toBeLessThan(100_000);
  });

  it('takes the limits that a model tells for those of the table, and has none for one of which nothing is known', () => {
    const limits = { contextTokens: 32_000, outputTokens: 30_000 };
    expect(contextRule({ name: 'local', limits })).toMatchObject({ compactAt: 14_400 });
    expect(contextRule({ name: 'local' })).toBeUndefined();
  });

  it('breaks the cache when what is cleared saves half of what that costs in as many turns as it took to come', () => {
    const rule = { clearAt: 0, compactAt: 0, breakPrice: 11.5, keptResults: 5, keptBytes: 0 };
    const clearing = { results: [], clearedBytes: 10_000, rewrittenBytes: 5_000, turns: 12 };
    expect(paysBack(clearing, rule)).toBe(true);
    expect(paysBack({ ...clearing, turns: 11 }, rule)).toBe(false);
    expect(paysBack({ ...clearing, clearedBytes: 9_000 }, rule)).toBe(false);
  });
});

describe('findClearable', () => {
  const turn = (id: string, bytes: number): Message[] => [
    { role: 'assistant', content: [{ type: 'tool_use', id, name: 'Read', input: { file_path: id } }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: 'x'.repeat(bytes) }] },
  ];
  const opening: Message = { role: 'user', content: [{ type: 'text', text: 'task' }] };
  const conversation = [
    opening,
    ...turn('a', 2_000),
    ...turn('b', 100),
    ...turn('c', 2_000),
    ...turn('d', 2_000),
    ...turn('e', 2_000),
  ];
  const ids = (kept?: { keptResults: number; keptBytes: number }) =>
    findClearable(conversation, kept).results.map(({ id }) => id);

  it('keeps the newest by number and by size, and what is hardly longer than a placeholder', () => {
    expect(ids({ keptResults: 1, keptBytes: 0 })).toEqual(['a', 'c', 'd']);
    expect(ids({ keptResults: 2, keptBytes: 0 })).toEqual(['a', 'c']);
    expect(ids({ keptResults: 0, keptBytes: 6_000 })).toEqual(['a']);
  });

  it('takes what the model has not seen only where all has to go', () => {
    expect(ids({ keptResults: 0, keptBytes: 0 })).toEqual(['a', 'c', 'd']);
    expect(ids()).toEqual(['a', 'c', 'd', 'e']);
  });

  it('tells what must be written again: all that stays after the first of them', () => {
    const { clearedBytes, rewrittenBytes, turns } = findClearable(conversation, { keptResults: 1, keptBytes: 0 });
    expect(clearedBytes).toBe(6_000);
    expect(rewrittenBytes).toBeGreaterThan(2_100);
    expect(rewrittenBytes).toBeLessThan(2_600);
    expect(turns).toBe(4);
  });
});
