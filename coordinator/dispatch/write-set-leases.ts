import { writeSetsOverlap } from '../../tasks/index.ts';

/** At most one subtask at a time may hold a part of the tree it declared to write. */
export interface WriteSetLeases {
  /** Take the write-set for a subtask; false while another holds an overlapping one. */
  take(id: string, writes: readonly string[]): boolean;
  release(id: string): void;
}

export function createWriteSetLeases(files: readonly string[]): WriteSetLeases {
  const held = new Map<string, readonly string[]>();
  const known = new Map<string, boolean>();
  const overlap = (left: readonly string[], right: readonly string[]): boolean => {
    const key = `${left.join('\0')}\0\0${right.join('\0')}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const answer = writeSetsOverlap([...left], [...right], [...files]);
    known.set(key, answer);
    return answer;
  };
  return {
    take(id, writes) {
      for (const other of held.values()) if (overlap(writes, other)) return false;
      held.set(id, writes);
      return true;
    },
    release: (id) => void held.delete(id),
  };
}
