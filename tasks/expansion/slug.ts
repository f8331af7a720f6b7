import { createHash } from 'node:crypto';

/** A text as `[a-z0-9-]` of at most `length` characters, with a short hash where it was cut or nothing was left. */
export function slug(text: string, length: number): string {
  const plain = text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  if (plain !== '' && plain.length <= length) return plain;
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 6);
  const kept = plain.slice(0, Math.max(0, length - hash.length - 1)).replace(/-+$/, '');
  return kept === '' ? hash : `${kept}-${hash}`;
}
