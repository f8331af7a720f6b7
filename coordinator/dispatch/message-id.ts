import { createHash } from 'node:crypto';

/** Deterministic, so that publishing an assignment twice delivers it once. */
export function messageId(subtask: string, attempt: number): string {
  const suffix = `-${attempt}`;
  const plain = `${subtask}${suffix}`;
  // The answer's id is longer by the box's name, and ids have at most 64 characters.
  if (plain.length <= 55) return plain;
  return `${subtask.slice(0, 38 - suffix.length)}-${createHash('sha256').update(subtask).digest('hex').slice(0, 16)}${suffix}`;
}
