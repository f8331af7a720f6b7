/** Structures deeper and longer than this are cut off; a difference beyond shows in a smaller call. */
const maximumDepth = 6;
const maximumItems = 60;

/** A text that is the same for values that behave the same: types, order of keys, holes, cycles, prototypes, -0. */
export function describe(value, depth = 0, seen = []) {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > 2000 ? `${value.slice(0, 2000)}…${value.length}` : value);
  }
  if (typeof value === 'function') {
    return `function/${value.length}${properties(value, depth, seen)}`;
  }
  if (typeof value !== 'object' || value === null) {
    return Object.is(value, -0) ? '-0' : `${String(value)}${typeof value === 'bigint' ? 'n' : ''}`;
  }
  if (seen.includes(value)) {
    return `cycle/${seen.indexOf(value)}`;
  }
  if (depth >= maximumDepth) {
    return '…';
  }
  const inside = [...seen, value];
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  const kind = Object.getPrototypeOf(value) === null ? 'null' : (value.constructor?.name ?? '');
  return `${tag}:${kind}${content(value, tag, depth, inside)}${properties(value, depth, inside)}`;
}

function content(value, tag, depth, seen) {
  const list = (values) => [...values].slice(0, maximumItems).map((each) => describe(each, depth + 1, seen));
  if (value instanceof Map || value instanceof Set) {
    return `(${list(value).join()})`;
  }
  if (value instanceof Date) {
    return `(${Number(value)})`;
  }
  if (value instanceof Error) {
    return `(${value.message})`;
  }
  if (value instanceof RegExp) {
    return `(/${value.source}/${value.flags} ${value.lastIndex})`;
  }
  if (value instanceof ArrayBuffer) {
    return `(${[...new Uint8Array(value)].join()})`;
  }
  if (Array.isArray(value)) {
    return `(${value.length})`;
  }
  const boxed = [Number, String, Boolean, Symbol].some((type) => value instanceof type);
  return boxed && tag !== 'Object' ? `(${describe(value.valueOf())})` : '';
}

function properties(value, depth, seen) {
  if (depth >= maximumDepth) {
    return '';
  }
  const keys = Reflect.ownKeys(value).filter((key) => {
    const property = Object.getOwnPropertyDescriptor(value, key);
    return property?.enumerable === true && 'value' in property && key !== 'prototype';
  });
  const shown = keys.slice(0, maximumItems).map((key) => `${String(key)}=${describe(value[key], depth + 1, seen)}`);
  return shown.length === 0 ? '' : `{${shown.join()}${keys.length > maximumItems ? `,…${keys.length}` : ''}}`;
}
