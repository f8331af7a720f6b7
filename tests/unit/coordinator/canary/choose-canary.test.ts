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

/** Of one group: each time the free one that is farthest from all that were taken, the earlier of two. */
function oneByOne(subtasks: readonly Subtask[], count: number): string[] {
  const taken = new Set<number>();
  const isTaken = (id: string): boolean => [...taken].some((position) => subtasks[position]?.id === id);
  while (taken.size < count) {
    let best: { position: number; away: number } | undefined;
    for (const [position, { needs }] of subtasks.entries()) {
      if (taken.has(position) || !needs.every(isTaken)) continue;
      const away = Math.min(...[...taken].map((other) => Math.abs(other - position)));
      if (best === undefined || away > best.away) best = { position, away };
    }
    if (best === undefined) break;
    taken.add(best.position);
  }
  return subtasks.filter((_, position) => taken.has(position)).map(({ id }) => id);
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

  it.each([1, 2, 3, 4, 5])(
    'takes what is farthest from all that were taken before, as one by one would (%i)',
    (seed) => {
      let state = seed;
      const next = (below: number): number => {
        state = (state * 1_664_525 + 1_013_904_223) >>> 0;
        return Math.floor((state / 2 ** 32) * below);
      };
      const plan = Array.from({ length: 60 }, (_, index) =>
        sampleSubtask(`a-${index}`, {
          template: 0,
          needs: index > 0 && next(3) === 0 ? [`a-${next(index)}`] : [],
        }),
      );
      for (const count of [1, 2, 7, 20, 59]) expect(chooseCanary(plan, count)).toEqual(oneByOne(plan, count));
    },
  );

  it('is quick for the largest plans', () => {
    const plan = items('a', 100_000, 0);
    const begun = performance.now();
    expect(new Set(chooseCanary(plan, 50_000)).size).toBe(50_000);
    // It takes half a second; a step for each pair would take minutes.
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
