import { expect, it } from 'vitest';
import { agentBox } from '../../../../ipc/index.ts';

it('names one box for each subtask, with a name that a mailbox takes', () => {
  const long = 'a'.repeat(58);
  const ids = ['a', long, `${long}b`, `${long}c`, 'b'.repeat(64), `s-${'b'.repeat(58)}`];
  const boxes = ids.map(agentBox);
  expect(boxes[0]).toBe('agent-a');
  expect(boxes[1]).toBe(`agent-${long}`);
  expect(new Set(boxes).size).toBe(ids.length);
  for (const box of boxes) expect(box).toMatch(/^[a-z0-9-]{1,64}$/);
  expect(agentBox(`${long}b`)).toBe(boxes[2]);
});
