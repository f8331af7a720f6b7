import { describe, expect, it } from 'vitest';
import { literalText, parseTemplate } from '../../../../tasks/expansion/template.ts';

const parsed = (text: string) => {
  const result = parseTemplate(text);
  return 'problem' in result ? result.problem : result.template;
};

describe('parseTemplate', () => {
  it('splits text and placeholders', () => {
    expect(parsed('a ${{ item.path }}b${{goal}}')).toEqual([
      'a ',
      { path: ['item', 'path'], source: 'item.path', occurrence: 0 },
      'b',
      { path: ['goal'], source: 'goal', occurrence: 1 },
    ]);
  });

  it.each([
    ['item.first.path', ['item', 'first', 'path']],
    ["item['First name']", ['item', 'First name']],
    ['item["a.b"].c', ['item', 'a.b', 'c']],
    ['item.items[0].path', ['item', 'items', '0', 'path']],
    ['item.paths.0', ['item', 'paths', '0']],
    ['item.a-b', ['item', 'a-b']],
  ])('reads the path %s', (source, path) => {
    expect(parsed(`\${{ ${source} }}`)).toMatchObject([{ path }]);
  });

  it('takes $${{ for the characters themselves', () => {
    expect(parsed('$${{ matrix.os }} ${{ goal }}')).toEqual([
      '${{ matrix.os }} ',
      { path: ['goal'], source: 'goal', occurrence: 1 },
    ]);
    expect(parsed('cost: $5 {{ x }} }}')).toEqual(['cost: $5 {{ x }} }}']);
  });

  it.each(['${{ a', '${{ }}', '${{ 1a }}', '${{ a b }}', '${{ a() }}', "${{ a['b }}", '${{ a..b }}', '${{ a + 1 }}'])(
    'refuses %s',
    (text) => {
      expect(typeof parsed(text)).toBe('string');
    },
  );

  it('shows the literal text', () => {
    const result = parseTemplate('a-${{ b }}-c');
    expect('template' in result && literalText(result.template, 'x')).toBe('a-x-c');
  });
});
