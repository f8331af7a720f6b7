import { expect, it } from 'vitest';
import { createKeptText, cutText } from '../../../../worker/processes/kept-text.ts';

it('keeps a short text whole', () => {
  expect(cutText('abcdef', 3, 3)).toBe('abcdef');
});

it('keeps start and end of a long one, in whatever pieces it came', () => {
  const text = Array.from({ length: 1000 }, (_, index) => String(index % 10)).join('');
  for (const size of [1, 7, 64, 1000]) {
    const kept = createKeptText(10, 5);
    for (let at = 0; at < text.length; at += size) kept.add(text.slice(at, at + size));
    expect(kept.toString()).toBe('0123456789\n… 985 characters left out …\n56789');
  }
});
