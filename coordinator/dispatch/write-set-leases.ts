import { compiledWriteSetsOverlap, compileWriteSet, type WriteSet } from '../../tasks/index.ts';

/** At most one subtask at a time may hold a part of the tree it declared to write. */
export interface WriteSetLeases {
  /** Take the write-set for a subtask, which may hold it already; false while another holds an overlapping one. */
  take(id: string, writes: readonly string[]): boolean;
  /** Idempotent. */
  release(id: string): void;
}

export function createWriteSetLeases(files: readonly string[]): WriteSetLeases {
  const held = new Map<string, WriteSet>();
  /** Of those who asked and have not released: a blocked subtask asks often. */
  const compiled = new Map<string, WriteSet>();
  return {
    take(id, writes) {
      const wanted = compiled.get(id) ?? compileWriteSet(writes, files);
      compiled.set(id, wanted);
      for (const [holder, other] of held) if (holder !== id && compiledWriteSetsOverlap(wanted, other)) return false;
      held.set(id, wanted);
      return true;
    },
    release(id) {
      held.delete(id);
      compiled.delete(id);
    },
  };
}
