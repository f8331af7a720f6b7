import { limits } from '../task-file/limits.ts';
import type { Item } from './item.ts';

export interface ItemEnvironment {
  variables: Record<string, string>;
  /** Names left out because their values are too large or hold NUL. */
  omitted: string[];
}

/** `firstName` and `first name` as FANFOLD_ITEM_FIRST_NAME. */
export function environmentName(field: string): string {
  const words = field.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replace(/[^A-Za-z0-9]+/g, '_');
  return `FANFOLD_ITEM_${words.toUpperCase()}`;
}

/**
 * An item as environment variables: each field that is a text, number, boolean or a list of them (one per line), and
 * the whole as FANFOLD_ITEM_JSON. Of two fields with the same variable name, the first counts.
 */
export function itemEnvironment(item: Item): ItemEnvironment {
  const variables: Record<string, string> = {};
  const omitted: string[] = [];
  let left: number = limits.environmentBytes;
  const add = (name: string, value: string) => {
    if (Object.hasOwn(variables, name)) return;
    const bytes = Buffer.byteLength(value) + name.length;
    if (value.includes('\0') || bytes > limits.environmentValueBytes || bytes > left) {
      omitted.push(name);
      return;
    }
    variables[name] = value;
    left -= bytes;
  };
  for (const [field, value] of Object.entries(item)) {
    const text = scalarText(value);
    if (text !== undefined) add(environmentName(field), text);
  }
  add('FANFOLD_ITEM_JSON', JSON.stringify(item));
  return { variables, omitted };
}

function scalarText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (!Array.isArray(value)) return undefined;
  const texts = value.map(scalarText);
  return texts.includes(undefined) ? undefined : texts.join('\n');
}
