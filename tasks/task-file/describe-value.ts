import { withoutUser } from '../plan/server-url.ts';

/** A value in the words of an error message: short, on one line, without control characters. */
export function describeValue(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'string') return quote(withoutUser(value));
  if (typeof value === 'number' || typeof value === 'boolean') return `the ${typeof value} ${value}`;
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value !== 'object') return `a ${typeof value}`;
  const keys = Object.keys(value);
  if (keys.length === 0) return 'an empty object';
  const shown = keys.slice(0, 8).map((key) => cut(key, 30));
  return `an object with ${shown.join(', ')}${keys.length > shown.length ? ` and ${keys.length - shown.length} more` : ''}`;
}

/** A text in double quotes, escaped as in JSON, cut to 60 characters with its full length said. */
export function quote(text: string): string {
  const shown = JSON.stringify(cut(text, 60)).replace(/[\u007f-\u009f]/g, '?');
  return text.length > 60 ? `${shown} (${text.length.toLocaleString('en')} characters)` : shown;
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
