/** A binary heap: the item that comes before all others is taken first. */
export interface Heap<Item> {
  push(item: Item): void;
  pop(): Item | undefined;
}

export function createHeap<Item>(comesBefore: (left: Item, right: Item) => boolean): Heap<Item> {
  const items: Item[] = [];

  function swapsWith(upper: number, lower: number): boolean {
    const [above, below] = [items[upper], items[lower]];
    if (above === undefined || below === undefined || !comesBefore(below, above)) return false;
    items[upper] = below;
    items[lower] = above;
    return true;
  }

  return {
    push(item) {
      for (let place = items.push(item) - 1; place > 0; ) {
        const parent = (place - 1) >> 1;
        if (!swapsWith(parent, place)) return;
        place = parent;
      }
    },
    pop() {
      const [first] = items;
      const last = items.pop();
      if (items.length === 0 || last === undefined) return first;
      items[0] = last;
      for (let place = 0; ; ) {
        const [left, right] = [items[2 * place + 1], items[2 * place + 2]];
        const child = 2 * place + (left !== undefined && right !== undefined && comesBefore(right, left) ? 2 : 1);
        if (!swapsWith(place, child)) return first;
        place = child;
      }
    },
  };
}
