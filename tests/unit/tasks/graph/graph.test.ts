import { describe, expect, it } from 'vitest';
import { orderSubtasks, resolveNeeds } from '../../../../tasks/index.ts';

const entry = (id: string, needs: string[] = [], template = id) => ({ id, template, needs });

describe('resolveNeeds', () => {
  it('finds ids, template ids and wildcards, without duplicates, in order', () => {
    const entries = [
      entry('no-var-b', [], 'no-var-${{ item.name }}'),
      entry('no-var-a', [], 'no-var-${{ item.name }}'),
      entry('docs'),
      entry('all', ['docs', 'no-var-*', '*-a']),
      entry('whole', ['no-var-${{ item.name }}']),
    ];
    const { needs, problems } = resolveNeeds(entries);
    expect(problems).toEqual([]);
    expect(needs.slice(3)).toEqual([
      ['no-var-b', 'no-var-a', 'docs'],
      ['no-var-b', 'no-var-a'],
    ]);
  });

  it('leaves the subtask itself out of its wildcards, and only out of its own', () => {
    const { needs, problems } = resolveNeeds([
      entry('x-1', ['x-*']),
      entry('x-2'),
      entry('y', ['x-*']),
      entry('z', ['*']),
    ]);
    expect(problems).toEqual([]);
    expect(needs).toEqual([['x-2'], [], ['x-1', 'x-2'], ['x-1', 'x-2', 'y']]);
  });

  it('names near matches and what there is', () => {
    const { problems } = resolveNeeds([entry('build-web'), entry('test', ['biuld-web', 'deploy-*'])]);
    expect(problems).toEqual([
      {
        entry: 1,
        need: 0,
        message: 'found "biuld-web", which no subtask is called; did you mean build-web?; allowed build-web, test',
      },
      { entry: 1, need: 1, message: 'found "deploy-*", which no subtask is called; allowed build-web, test' },
    ]);
  });

  it('refuses a need on itself', () => {
    expect(resolveNeeds([entry('a', ['a'])]).problems[0]?.message).toContain('found "a", which is the subtask itself');
  });

  it('accepts templates that expanded to nothing', () => {
    const absent = ['none-${{ item.name }}', 'none-x'];
    expect(resolveNeeds([entry('a', ['none-*', 'none-${{ item.name }}'])], absent)).toEqual({
      needs: [[]],
      problems: [],
    });
  });

  it('matches wildcards like a regular expression does', () => {
    const ids = ['a-b-c', 'a-c', 'ab', 'b-a-c', 'c', 'a-b-b-c'];
    for (const pattern of ['*', 'a*', '*c', 'a-*-c', '*-b-*', 'a*b*c', '*x']) {
      const expected = ids.filter((id) => new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(id));
      const { needs, problems } = resolveNeeds([...ids.map((id) => entry(id)), entry('zz', [pattern])]);
      expect(problems.length === 0 ? needs.at(-1) : []).toEqual(expected);
    }
  });

  it('refuses more dependencies than a plan may have', () => {
    const wide = Array.from({ length: 1100 }, (_, index) => entry(`a-${index}`));
    const after = Array.from({ length: 1100 }, (_, index) => entry(`b-${index}`, ['a-*']));
    expect(resolveNeeds([...wide, ...after]).problems[0]?.message).toContain('more than 1,000,000 dependencies');
  });
});

describe('orderSubtasks', () => {
  const order = (nodes: [string, string[]][]) => {
    const result = orderSubtasks(nodes.map(([id, needs]) => ({ id, needs })));
    return 'order' in result ? result.order.map(({ id }) => id).join(' ') : result.cycle.join(' → ');
  };

  it('keeps the order of the file where it can', () => {
    expect(
      order([
        ['c', []],
        ['a', []],
        ['b', []],
      ]),
    ).toBe('c a b');
    expect(
      order([
        ['a', ['d']],
        ['b', []],
        ['d', ['c']],
        ['c', []],
      ]),
    ).toBe('c d a b');
  });

  it('names a cycle', () => {
    expect(
      order([
        ['x', ['a']],
        ['a', ['b']],
        ['b', ['c']],
        ['c', ['a']],
      ]),
    ).toBe('a → b → c → a');
    expect(order([['a', ['a']]])).toBe('a → a');
  });

  it('orders a chain of 100,000 and names a cycle of as many', () => {
    const chain: [string, string[]][] = Array.from({ length: 100_000 }, (_, index) => [
      `s-${index}`,
      index === 99_999 ? [] : [`s-${index + 1}`],
    ]);
    const started = performance.now();
    expect(order(chain).startsWith('s-99999 s-99998')).toBe(true);
    chain[99_999] = ['s-99999', ['s-0']];
    expect(order(chain).endsWith('s-99999 → s-0')).toBe(true);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
