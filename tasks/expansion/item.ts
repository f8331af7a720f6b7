import { posix } from 'node:path';

/** What one round of forEach is about: the fields that `${{ item.… }}` can name. */
export type Item = Readonly<Record<string, unknown>>;

/** An item for a path relative to the repository. `ext` includes its dot; a directory has none. */
export function pathItem(path: string, directory = false): Item {
  const { dir, name, ext, base } = posix.parse(path);
  return {
    path,
    dir: dir === '' ? '.' : dir,
    name: directory ? base : name,
    ext: directory ? '' : ext,
    value: path,
  };
}

/** An item for a value out of a data file: fields of an object, path fields of a text, `value` of anything else. */
export function valueItem(value: unknown): Item {
  if (typeof value === 'string') return pathItem(value);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Item;
  return { value };
}

/** Adds `index` from 0; a column of that name wins. */
export function numberItems(items: readonly Item[]): Item[] {
  return items.map((item, index) => ({ index, ...item }));
}

/** Groups of `size` items, each group an item with items, first, last, count, index, and paths where all have one. */
export function chunkItems(items: readonly Item[], size: number): Item[] {
  const chunks: Item[] = [];
  for (let start = 0; start < items.length; start += size) {
    const group = items.slice(start, start + size);
    const paths = group.map((item) => item['path']);
    chunks.push({
      items: group,
      first: group[0],
      last: group.at(-1),
      count: group.length,
      index: chunks.length,
      ...(paths.every((path) => typeof path === 'string') ? { paths } : {}),
    });
  }
  return chunks;
}

/** An item in the words of an error message. */
export function describeItem(item: Item, position: number): string {
  const subject = item['path'] ?? item['value'] ?? JSON.stringify(item['first'] ?? item);
  const text = String(subject).replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
  return `item ${position} (${text.length > 60 ? `${text.slice(0, 59)}…` : text})`;
}
