/** Whole numbers from 0 up to a size, in order: each step takes the logarithm of it. */
export interface NumberSet {
  add(number: number): void;
  delete(number: number): void;
  has(number: number): boolean;
  /** The least that is not below it. */
  atLeast(number: number): number | undefined;
  /** The greatest that is not above it. */
  atMost(number: number): number | undefined;
}

export function createNumberSet(size: number): NumberSet {
  const leaves = 2 ** Math.ceil(Math.log2(Math.max(1, size)));
  /** How many there are below each node of a binary tree whose root is 1. */
  const counts = new Uint32Array(2 * leaves);
  const isFilled = (node: number): boolean => counts[node] !== 0;

  function change(number: number, by: number): void {
    for (let node = number + leaves; node >= 1; node >>= 1) counts[node] = (counts[node] ?? 0) + by;
  }

  /** The nearest on one side: beside the path to the root, then down where there is something. */
  function nearest(number: number, side: 0 | 1): number | undefined {
    if (number < 0 || number >= size) return undefined;
    let node = number + leaves;
    if (isFilled(node)) return number;
    while (node > 1 && (node % 2 === side || !isFilled(node ^ 1))) node >>= 1;
    if (node <= 1) return undefined;
    node ^= 1;
    while (node < leaves) node = isFilled(2 * node + 1 - side) ? 2 * node + 1 - side : 2 * node + side;
    return node - leaves;
  }

  return {
    add(number) {
      if (!isFilled(number + leaves)) change(number, 1);
    },
    delete(number) {
      if (isFilled(number + leaves)) change(number, -1);
    },
    has: (number) => isFilled(number + leaves),
    atLeast: (number) => nearest(number, 1),
    atMost: (number) => nearest(number, 0),
  };
}
