import { inputs } from './inputs.js';

/** What is passed beside the first argument; a name in the table stands for that value. */
const companions = [
  [],
  [2],
  [-1, 3],
  ['a'],
  ['a.b'],
  ['user'],
  [
    ['user', 'age'],
    ['asc', 'desc'],
  ],
  [{ a: 1 }],
  [{ active: true }],
  [['active', true]],
  ['@add'],
  ['@add', 10],
  ['@pick'],
  ['@even'],
  ['@three', '@object'],
  ['@thrower'],
  ['@numbers'],
  ['@sorted', '@even'],
  ['@users', 'age'],
  ['@object', '@add'],
  ['@deep', '@nested'],
  ['@text', '-', 3],
  ['@pattern', '_'],
  ['@nothing', '@none', '@no'],
  [['b', 'c'], 'value'],
  ['a.b.c', '@pick', '@Class'],
];

/** Every `step`-th pair of first argument and companions, spread over both lists. */
function argumentRows(firsts, seconds, step) {
  return firsts.flatMap((first, row) =>
    seconds
      .filter((_, column) => column === 0 || (row + column) % step === 0)
      .map((rest) => ({
        label: [first, ...rest.map((each) => (typeof each === 'string' ? each : JSON.stringify(each)))].join(', '),
        make: () => [inputs[first](), ...rest.map(makeValue)],
      })),
  );
}

function makeValue(each) {
  if (typeof each === 'string' && each.startsWith('@')) {
    return inputs[each.slice(1)]();
  }
  return typeof each === 'object' ? structuredClone(each) : each;
}

/** For a function that users call, about 110 calls. */
export const publicArguments = argumentRows(Object.keys(inputs), companions, 13);

/** For the same function in another build. */
export const fewArguments = argumentRows(Object.keys(inputs), companions, 27);

/** For a method of a chain. */
export const chainArguments = fewArguments.filter((_, index) => index % 2 === 0);

/** For an internal function, which trusts its callers. */
export const internalArguments = argumentRows(
  'numbers sorted words nested users object deep arrayLike point text camel nothing none date pattern map set bytes add Class'.split(
    ' ',
  ),
  companions.filter((_, index) => [0, 1, 3, 4, 7, 10, 11, 13, 16, 17, 18, 19, 22, 24].includes(index)),
  7,
);
