import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from 'rolldown/utils';
import { describe, expect, it } from 'vitest';
import { eraseTypes } from '../../../worker/checks/erase-types.ts';

/** As another compiler writes it, without comments and empty statements. */
function compiled(text: string, lang: 'js' | 'ts'): string {
  const { code, errors } = transformSync(`file.${lang}`, text, { lang, typescript: { onlyRemoveTypeImports: true } });
  expect(errors).toEqual([]);
  return code
    .replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
    .replace(/^\s*(?:export \{\})?;+\s*$/gm, '')
    .replace(/^;+/gm, '')
    .replace(/\s+/g, ' ')
    .trim();
}

function erased(text: string): string {
  const result = eraseTypes(text);
  if ('problem' in result) throw new Error(result.problem);
  return result.text;
}

const program = `import { deepStrictEqual, type AssertPredicate } from 'node:assert';
import type { A } from './a.ts';
export type { B } from './b.ts';
export interface X<T> {
  a: string;
  b?: T;
}
type Y = { [key: string]: number } | 'ü 🎉';
declare const z: number;
function over(a: string): string;
function over(a: unknown): unknown {
  return a as string;
}
function rest<T extends object = {}>(this: unknown, a?: number, ...more: readonly number[]): number {
  return (a ?? 0) + more.length;
}
const arrow = async <T,>(x: T): Promise<T> => x!;
const wrapped = (
  x: number,
):
  | number
  | undefined => x + 1;
const s = { a: 1 } satisfies Record<string, number>;
const emoji = '🎉 as string'; let v!: number;
v = 3;
class Base<T> { constructor(public_: T) { this.base = public_; } declare base: T }
abstract class C<T> extends Base<T> implements Iterable<number> {
  private readonly a: number = 1;
  static b?: string;
  d!: string;
  abstract e(): void;
  [key: string]: unknown;
  constructor(value: T, readonlyValue?: number) { super(value); this.f(readonlyValue); }
  private f(value?: number): void { this.d = String(value); }
  get h(): number { return this.a }
  *[Symbol.iterator](): Iterator<number> { yield this.h; }
}
class D extends C<string> { override e(): void {} }
for (const k of [1] as number[]) v += k;
try { throw new Error('x'); } catch (error: unknown) { v += (error as Error).message.length }
const as = 1, type = 2, satisfies = as < type;
let called = 0 as number
(() => { called += 1 })()
type Last = string
;[1].forEach((n: number) => { called += n })
interface Before {}
(() => { called += 1 })()
const map = new Map<string, number[]>([['x', [over('1').length]]]);
function isS(x: unknown): x is string { return typeof x === 'string' }
export default {
  values: [rest.call(null, 1, 2, 3), await arrow<number>(4), wrapped(5), s.a, emoji, v, [...new D('q')], new D('q', 7).d,
    as, type, satisfies, called, map.get('x'), isS('x'), new D('base').base],
};
`;

describe('eraseTypes', () => {
  it('leaves a program that does what it did, line by line', async () => {
    const text = erased(program);
    expect(text.split('\n').length).toBeLessThanOrEqual(program.split('\n').length);
    const module: { default: { values: unknown[] } } = await import(
      /* @vite-ignore */ `data:text/javascript,${encodeURIComponent(text)}`
    );
    expect(module.default.values).toEqual([3, 4, 6, 1, '🎉 as string', 5, [1], '7', 1, 2, true, 3, [1], true, 'base']);
    expect(text.split('\n').findIndex((line) => line.includes('(a ?? 0)'))).toBe(
      program.split('\n').findIndex((line) => line.includes('(a ?? 0)')),
    );
  });

  it('leaves of our own sources what a compiler leaves of them', () => {
    const folder = join(import.meta.dirname, '../../../worker/agent');
    const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
    expect(paths.length).toBeGreaterThan(50);
    for (const path of paths) {
      const text = readFileSync(join(folder, path), 'utf8');
      expect(compiled(erased(text), 'js'), path).toBe(compiled(text, 'ts'));
    }
  });

  it.each([
    'const a = b as any // note\n(function(){})()',
    'const a = b as any /* x */\n(c)',
    'const a = b satisfies any // note\n`x`.at(0)',
    'const a = b as unknown as (x: number) => void\n(c)',
    'x = y as any\n/re/g.test(z)',
    "class A { y = 1\n private ['x'] = 2 }",
    "class A { y = 1\n readonly ['x'] = 2 }",
    "class A { y = x\n private readonly ['x'] = 2; private static *z() {} }",
    'class A { y = 1\n private *gen() {} }',
    'class A { y = x\n private async *gen() {}\n private in = 2 }',
    'class A { get: number\n foo() {} }',
    'class A { set?: number\n foo(v) {} }',
    'class A { static: boolean\n foo() {} }',
    'class A { private static: boolean\n static get: number\n *foo() {} }',
    'class A { private get x(): number { return 1 } get: number = 1\n static = 3 }',
    'export default interface Foo { a: string }',
    'export default function f(a: string): void;\nexport default function f(a: any) { return a }',
    'export default abstract class A { abstract x(): void; y() {} }',
    'function f() { return <\n T,\n>(x: T) => x }',
    'const g = f<string>\n(1)',
    'type\nX = 1',
    'let x: string\n[1].forEach(f)',
  ])('leaves of %j what a compiler leaves of it', (text) => {
    const alike = (code: string) =>
      code.replace(/\{ ;|^;/g, (found) => found.replace(';', '')).replace(/\s+|export \{\};/g, '');
    expect(alike(compiled(erased(text), 'js'))).toBe(alike(compiled(text, 'ts')));
  });

  it.each([
    ['const a = b as any /* x */\n[1].forEach(String)', 'a bracket that begins the line after a type'],
    ["class A { x = a as any\n ['y'] = 2 }", 'a bracket that begins the line after a type'],
    ["class A { x: number\n ['y'] = 2 }", 'a place that would be read in another way'],
    ['abstract\nclass A {}', 'a line end after the word abstract in line 2'],
    ['function f() { return <T>\n(x: T) => x }', 'a line end around the types of an arrow function'],
    ['const f = (a) // c\n: number => a', 'a line end around the types of an arrow function'],
    ['let x: string\n(f)()', 'a place that would be read in another way'],
    ['class A { accessor x: number = 1 }', 'a place that would be read in another way'],
    ['export = foo', 'an export with ='],
  ])('refuses %j rather than change what it does', (text, problem) => {
    expect(eraseTypes(text)).toEqual({ problem: expect.stringContaining(problem) });
  });

  it('changes nothing of plain JavaScript', () => {
    const plain = `import a from 'a'; export const b = { type: 1, as: (x) => x ? -x : x }; label: for (;;) break label;\n`;
    expect(erased(plain)).toBe(plain);
  });

  it('refuses what is more than types, and says where', () => {
    expect(eraseTypes('const a = 1;\nenum E { A }')).toEqual({ problem: 'an enum in line 2' });
    expect(eraseTypes('namespace N { export const a = 1 }')).toEqual({ problem: 'a namespace in line 1' });
    expect(eraseTypes('class C { constructor(private a: number) {} }')).toEqual({
      problem: 'a parameter property in line 1',
    });
    expect(eraseTypes('const a = <string>b;')).toMatchObject({ problem: expect.stringContaining('angle brackets') });
    expect(eraseTypes('import a = require("a");')).toMatchObject({ problem: expect.stringContaining('import with =') });
    expect(eraseTypes('const a: = 1;')).toMatchObject({ problem: expect.stringContaining('a syntax error') });
  });
});
