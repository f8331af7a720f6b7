/** What is deeper, or comes after so many values, is cut off; a difference there shows in a smaller call. */
const maximumDepth = 6;
const maximumValues = 400;

/** A text that is the same for values that behave the same: types, order of keys, holes, cycles, prototypes, -0. */
export function describe(value) {
  return walk(value, [], { values: maximumValues });
}

function walk(value, parents, budget) {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > 1000 ? `${value.slice(0, 1000)}…${value.length}` : value);
  }
  if (typeof value === 'function') {
    return `function/${value.length}`;
  }
  if (typeof value !== 'object' || value === null) {
    return Object.is(value, -0) ? '-0' : String(value);
  }
  if (parents.includes(value)) {
    return `cycle/${parents.indexOf(value)}`;
  }
  budget.values--;
  if (parents.length >= maximumDepth || budget.values < 0) {
    return '…';
  }
  const inside = [...parents, value];
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  const kind = Object.getPrototypeOf(value) === null ? 'null' : value.constructor?.name;
  return `${tag}:${kind}${content(value, tag, inside, budget)}${properties(value, inside, budget)}`;
}

function content(value, tag, inside, budget) {
  if (value instanceof Map || value instanceof Set) {
    return `(${[...value].map((each) => walk(each, inside, budget)).join()})`;
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
  return boxed && tag !== 'Object' ? `(${walk(value.valueOf(), inside, budget)})` : '';
}

function properties(value, inside, budget) {
  const shown = [];
  for (const key of Reflect.ownKeys(value)) {
    const property = Object.getOwnPropertyDescriptor(value, key);
    if (property?.enumerable === true && 'value' in property) {
      shown.push(`${String(key)}=${walk(property.value, inside, budget)}`);
    }
    if (--budget.values < 0) {
      shown.push('…');
      break;
    }
  }
  return shown.length === 0 ? '' : `{${shown.join()}}`;
}
