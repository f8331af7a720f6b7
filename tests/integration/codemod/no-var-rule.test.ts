import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { applyRules } from '../../../worker/executors/codemod/apply-rules.ts';
import { loadRules } from '../../../worker/executors/codemod/load-rules.ts';

const path = new URL('../../../examples/parallel-refactor/rules/no-var.yml', import.meta.url);
const rules = loadRules([{ path: 'no-var.yml', text: readFileSync(path, 'utf8') }]);
const apply = (source: string) => applyRules(rules, 'a.js', source).text ?? source;

test.each([
  ['const when nothing assigns again', 'var a = 1, b = a;', 'const a = 1, b = a;'],
  ['let when one name is assigned again', 'var a = 1, b = 2; b++;', 'let a = 1, b = 2; b++;'],
  ['let without a value', 'var a; a = 1;', 'let a; a = 1;'],
  ['let for assignment by a closure', 'var a = 1; function f() { a += 1; }', 'let a = 1; function f() { a += 1; }'],
  ['let for destructuring', 'var a = 1, b = 2; [a, { b }] = c;', 'let a = 1, b = 2; [a, { b }] = c;'],
  ['let for a loop head', 'var k = 0; for (k in o) {}', 'let k = 0; for (k in o) {}'],
  ['members are no reassignment', 'var a = {}; a.b = 1; a[c]++; a.d += 2;', 'const a = {}; a.b = 1; a[c]++; a.d += 2;'],
  ['a function that names itself', 'var f = function () { return f; };', 'const f = function () { return f; };'],
  ['blocks', 'if (a) { var b = 1; f(b); }', 'if (a) { const b = 1; f(b); }'],
  [
    'two blocks with the same name',
    'if (a) { var b = 1; f(b); } else { var b = 2; b++; }',
    'if (a) { const b = 1; f(b); } else { let b = 2; b++; }',
  ],
  ['a loop body', 'while (a) { var b = c(), d = b; }', 'while (a) { const b = c(), d = b; }'],
  [
    'loop heads',
    'for (var i = 0, n = a.length; i < n; i++) { f(i); }',
    'for (let i = 0, n = a.length; i < n; i++) { f(i); }',
  ],
  [
    'for-in and for-of',
    'for (var k in o) f(k); for (var v of o) { v = 1; }',
    'for (const k in o) f(k); for (let v of o) { v = 1; }',
  ],
  [
    'formatting and comments',
    '  var /* a */ a = 1, // b\n\n      b = {\n  c: 2 };',
    '  const /* a */ a = 1, // b\n\n      b = {\n  c: 2 };',
  ],
  [
    'methods, arrows and generators',
    'x = { m() { var a = 1; } }; y = () => { var b = 2; }; function* g() { var c = yield; }',
    'x = { m() { const a = 1; } }; y = () => { const b = 2; }; function* g() { const c = yield; }',
  ],
  [
    'a hoisted function below that nobody has called yet',
    'var a = 1; function f() { return a; } f();',
    'const a = 1; function f() { return a; } f();',
  ],
])('%s', (_, source, expected) => {
  expect(apply(source)).toBe(expected);
});

test.each([
  ['declared twice', 'var a = 1; var a = 2;'],
  ['declared twice in one', 'var a = 1, a = 2;'],
  ['declared again in a block', 'var a = 1; if (b) { var a = 2; }'],
  ['declared again by a loop', 'var a = 1; for (var a in b) {}'],
  ['a function of the same name', 'function a() {} var a = 1;'],
  ['a parameter of the same name', 'function f(a) { var a = 1; }'],
  ['a parameter of an arrow', 'x = a => { var a = 1; };'],
  ['a parameter with a default', 'function f({ b: [a] } = {}) { var a = 1; }'],
  ['a caught error of the same name', 'try {} catch (e) { var e = 1; }'],
  ['used above', 'f(a); var a = 1;'],
  ['used above by a closure', 'g(() => a); var a = 1;'],
  ['used by its own value', 'var a = a || {};'],
  ['used by its own value, later in the list', 'var a = b, b = 1;'],
  ['a hoisted function may have read it', 'f(); var a = 1; function f() { return a; }'],
  ['a hoisted function may read it for its value', 'var a = f(); function f() { return a; }'],
  ['a hoisted function has escaped', 'exports.f = f; var a = b(); function f() { return a; }'],
  ['an exported function reads it', 'var a = 1; export function f() { return a; }'],
  ['used after its block', 'if (b) { var a = 1; } f(a);'],
  ['used before its block', 'f(a); { var a = 1; }'],
  ['used in its block before', 'if (b) { f(a); var a = 1; }'],
  ['used by a hoisted function', 'if (b) { var a = 1; f(); } function f() { return a; }'],
  ['captured inside a loop', 'while (b) { var a = c(); f(() => a); }'],
  ['captured by a class field inside a loop', 'while (b) { var a = c(); f(class { x = a; }); }'],
  ['captured from a loop head', 'for (var i = 0; i < 3; i++) f(function () { return i; });'],
  ['captured from a for-in head', 'for (var k in o) f(() => k);'],
  ['without a value in a loop', 'while (b) { var a; if (c) a = 1; f(a); }'],
  ['blocks inside each other', 'if (b) { var a = 1; if (c) { var a = 2; } f(a); }'],
  ['a loop inside another with the same name', 'for (var i = 0; i < 2; i++) { for (var i = 0; i < 2; i++) f(i); }'],
  ['a loop over itself', 'for (var a in a) f(a);'],
  ['used after the loop', 'for (var i = 0; i < 2; i++) {} f(i);'],
  ['a switch case', 'switch (b) { case 1: var a = 1; f(a); }'],
  ['no block', 'if (b) var a = 1;'],
  ['destructured', 'var { a } = b;'],
  [
    'names that mean something else',
    'var let_ = 0; function f() { var arguments; var undefined = 1; }'.replace('var let_ = 0; ', ''),
  ],
  ['parameters of the module', 'var module = {}, exports = module.exports;'],
  ['direct eval', 'var a = 1; eval("a = 2");'],
  ['with', 'with (o) { var a = 1; }'],
])('stays: %s', (_, source) => {
  expect(apply(source)).toBe(source);
});
