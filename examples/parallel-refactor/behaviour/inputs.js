function makePointClass() {
  class Point {
    constructor(x, y) {
      this.x = x;
      this.y = y;
    }
    norm() {
      return this.x ** 2 + this.y ** 2;
    }
  }
  Point.prototype.inherited = true;
  return Point;
}

/** Each makes a fresh value, so that a function that changes its arguments cannot disturb the next call. */
export const inputs = {
  numbers: () => [4, -1, 3.5, 0, -0, Number.NaN, 4, Number.POSITIVE_INFINITY],
  sorted: () => [1, 2, 2, 3, 5, 8, 13],
  words: () => ['beta', 'Alpha', 'gamma ray', '', 'beta', 'déjà vu'],
  nested: () => [1, [2, [3, [4, [5]], [], null]], 'x', [[undefined]]],
  pairs: () => Object.entries({ a: 1, b: { c: 2 }, d: 3 }),
  // biome-ignore lint/suspicious/noSparseArray: functions treat holes in their own ways
  sparse: () => [1, , 3, undefined, null, false, ''],
  empty: () => [],
  users: () => [
    { user: 'barney', age: 36, active: true, tags: ['a', 'b'], address: { city: 'Rome', zip: [1, 2] } },
    { user: 'fred', age: 40, active: false, tags: [], address: { city: 'Oslo', zip: [3] } },
    { user: 'pebbles', age: 1, active: true, tags: ['b'], address: null },
    { user: 'barney', age: 34, active: true, tags: ['c', 'a'], address: { city: 'Bern' } },
  ],
  object: () => ({ a: 1, b: { c: [1, { d: 2 }], 'e.f': 3 }, z: undefined, n: null, 10: 'ten', 2: 'two' }),
  deep: () => ({ a: { b: { c: { d: { e: 'end' } } } }, list: [{ x: 1 }, { x: 2 }] }),
  arrayLike: () => ({ length: 3, 0: 'a', 1: 'b', 2: 'c' }),
  emptyObject: () => ({}),
  point: () => new (makePointClass())(3, 4),
  bare: () => Object.assign(Object.create(null), { k: 'v' }),
  cyclic() {
    const cyclic = { name: 'loop', list: [1] };
    cyclic.self = cyclic;
    return cyclic;
  },
  text: () => 'The quick_brown-fox jumpsOver 2 lazy Dogs! <b>&amp;</b> ÀÉ 👩‍👩‍👧 ñ',
  padded: () => '  --abc--  ',
  camel: () => 'fooBarBAZ_12Qux',
  template: () => 'Hi <%= user %>, <% _.forEach(tags, function(t) { %>[<%- t %>]<% }) %> ${ age }',
  emptyText: () => '',
  path: () => 'a.b[0]["c d"].e',
  number: () => 42.7,
  negative: () => -3,
  zero: () => 0,
  notANumber: () => Number.NaN,
  numeral: () => ' 0x1F ',
  yes: () => true,
  no: () => false,
  nothing: () => undefined,
  none: () => null,
  symbol: () => Symbol('s'),
  date: () => new Date(0),
  pattern: () => /(\w)b+/gi,
  map: () => new Map().set('a', 1).set({ k: 1 }, [2]),
  set: () => new Set([1, 'two', Number.NaN]),
  bytes: () => new Uint8Array([1, 2, 255]),
  buffer: () => new ArrayBuffer(4),
  error: () => new TypeError('broken'),
  boxed: () => Object('boxed'),
  add: () =>
    function add(a, b) {
      return a + b;
    },
  pick: () => (value) => value?.a ?? value,
  even: () => (value) => value % 2 === 0,
  three: () =>
    function three(a, b, c, ...rest) {
      return [this?.name, a, b, c, rest.length];
    },
  thrower: () => () => {
    throw new RangeError('from a callback');
  },
  Class: makePointClass,
};
