/** What `fanfold clean` finds and what it did with it: the one shape behind its table, its JSON and the library. */

export type CleanKind =
  | 'process'
  | 'workspace'
  | 'branch'
  | 'run'
  | 'lock'
  | 'doorbell'
  | 'temporary'
  | 'trash'
  | 'results';

export interface CleanItem {
  kind: CleanKind;
  /** A path (below the state's folder relative to it), a branch, a process id with its command. */
  name: string;
  run?: string;
  /** On disk; 0 for what takes none of its own. */
  bytes: number;
  /** Why it goes, or why it is kept. */
  reason: string;
  /** `found`: it would go, were this no dry run. `failed`: something of it is still there. */
  outcome: 'found' | 'removed' | 'kept' | 'failed';
  /** Why it is still there. */
  error?: string;
  /** Kept, but removed with `force`. */
  forceable?: true;
}

export interface CleanReport {
  dryRun: boolean;
  items: CleanItem[];
  /** On disk, of what was removed or would be. */
  bytes: number;
}

/** Something that was found; without `remove` it is kept. */
export interface Finding extends Omit<CleanItem, 'outcome' | 'error'> {
  /** False, or an error, when something of it is still there. Called once, under the lock of its run. */
  remove?: () => Promise<boolean>;
}
