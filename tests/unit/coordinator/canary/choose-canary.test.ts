import { describe, expect, it } from 'vitest';
import { canaryOf, checkCanary } from '../../../../coordinator/canary/canary-settings.ts';
import { chooseCanary } from '../../../../coordinator/canary/choose-canary.ts';
import type { Subtask } from '../../../../tasks/index.ts';
import { sampleSubtask } from '../sample-subtask.ts';

/** `a-1` to `a-10`, as the items of one entry of a task file. */
function items(
  name: string,
  count: number,
  template: number,
  needs: (index: number) => string[] = () => [],
): Subtask[] {
  return Array.from({ length: count }, (_, index) =>
    sampleSubtask(`${name}-${index + 1}`, { template, needs: needs(index + 1) }),
  );
}

describe('chooseCanary', () => {
  it('takes the first, the last, the middle, and so on', () => {
    const subtasks = items('a', 9, 0);
    expect(chooseCanary(subtasks, 1)).toEqual(['a-1']);
    expect(chooseCanary(subtasks, 2)).toEqual(['a-1', 'a-9']);
    expect(chooseCanary(subtasks, 3)).toEqual(['a-1', 'a-5', 'a-9']);
    expect(chooseCanary(subtasks, 5)).toEqual(['a-1', 'a-3', 'a-5', 'a-7', 'a-9']);
  });

  it('takes one of each forEach, the largest first, then more of the larger', () => {
    const subtasks = [...items('a', 4, 0), ...items('b', 20, 1), sampleSubtask('alone')];
    expect(chooseCanary(subtasks, 1)).toEqual(['b-1']);
    expect(chooseCanary(subtasks, 2)).toEqual(['a-1', 'b-1']);
    expect(chooseCanary(subtasks, 3)).toEqual(['a-1', 'b-1', 'alone']);
    expect(chooseCanary(subtasks, 5)).toEqual(['a-1', 'b-1', 'b-10', 'b-20', 'alone']);
  });

  it('counts all subtasks without a forEach as one group', () => {
    const subtasks = [...['x', 'y', 'z'].map((id) => sampleSubtask(id)), ...items('a', 10, 3)];
    expect(chooseCanary(subtasks, 3)).toEqual(['x', 'a-1', 'a-10']);
  });

  it('takes what needs others only together with these', () => {
    const pairs = [...items('make', 6, 0), ...items('test', 6, 1, (index) => [`make-${index}`])];
    expect(chooseCanary(pairs, 2)).toEqual(['make-1', 'test-1']);
    expect(chooseCanary(pairs, 4)).toEqual(['make-1', 'make-6', 'test-1', 'test-6']);
    const all = items('make', 3, 0);
    const log = sampleSubtask('changelog', { needs: all.map(({ id }) => id) });
    expect(chooseCanary([...all, log], 3)).toEqual(['make-1', 'make-2', 'make-3']);
    expect(
      chooseCanary(
        items('step', 4, 0, (index) => (index === 1 ? [] : [`step-${index - 1}`])),
        2,
      ),
    ).toEqual(['step-1', 'step-2']);
  });

  it('is quick for the largest plans', () => {
    const begun = performance.now();
    expect(new Set(chooseCanary(items('a', 10_000, 0), 1_000)).size).toBe(1_000);
    expect(performance.now() - begun).toBeLessThan(20_000);
  });
});

describe('canaryOf', () => {
  const plan = { subtasks: items('a', 4, 0) };

  it('is there as long as something is left for the forecast to be about', () => {
    expect(canaryOf(plan, { subtasks: 3, minimum: 0.5 }, undefined)).toEqual({
      subtasks: ['a-1', 'a-2', 'a-4'],
      minimum: 0.5,
    });
    expect(canaryOf(plan, { subtasks: 4 }, undefined)).toBeUndefined();
    expect(canaryOf(plan, {}, undefined)).toBeUndefined();
  });

  it('is that of the journal in a run that is resumed, until it was decided', () => {
    const canary = { subtasks: ['a-2'], minimum: 0.8 };
    expect(canaryOf(plan, { goOn: true }, { canary })).toEqual(canary);
    expect(canaryOf(plan, { goOn: true }, {})).toBeUndefined();
    for (const goesOn of [true, false]) {
      expect(canaryOf(plan, {}, { canary: { ...canary, decision: { goesOn, by: 'person' } } })).toBeUndefined();
    }
  });
});

it.each([
  [{ subtasks: 0 }, 'whole number'],
  [{ subtasks: 1.5 }, 'whole number'],
  [{ subtasks: Number.NaN }, 'whole number'],
  [{ subtasks: 3, minimum: 0 }, '--canary-minimum'],
  [{ subtasks: 3, minimum: 80 }, '--canary-minimum'],
  [{ minimum: 0.8 }, 'there is none'],
])('%j is no canary', (settings, message) => {
  expect(() => checkCanary(settings)).toThrow(message);
});
