import { createHash } from 'node:crypto';

/** Deterministic, so that publishing an assignment twice delivers it once. */
export function messageId(subtask: string, attempt: number): string {
  const suffix = `-${attempt}`;
  const plain = `${subtask}${suffix}`;
  // "-end" is added for the answer, and ids have at most 64 characters.
  if (plain.length <= 60) return plain;
  return `${subtask.slice(0, 43 - suffix.length)}-${createHash('sha256').update(subtask).digest('hex').slice(0, 16)}${suffix}`;
}
