/**
 * A workspace is where one attempt works. Opened by run-subtask.ts; disposing it gives it back or removes it.
 * Promise: what the attempt did can be named (`snapshot`) before it is disposed, and nothing of it stays afterwards.
 */

export interface Snapshot {
  /** Relative to the root, with `/`, sorted. */
  changedFiles: string[];
  /** The commit that holds the changes, where the workspace is one of git and something changed. */
  commit?: string;
}

/** Access to the files without a checkout, for executors that only transform text. */
export interface WorkspaceFiles {
  /** Paths of all regular files, relative, with `/`. */
  list(): Promise<string[]>;
  /** Contents in the order asked for. */
  read(paths: readonly string[], signal: AbortSignal): Promise<Buffer[]>;
  /** Replace the content of files that `list` named. */
  write(changes: readonly { path: string; content: string | Buffer }[]): Promise<void>;
}

export interface Workspace extends AsyncDisposable {
  /** Absolute path without symbolic links; undefined where there is no folder, only files. */
  root: string | undefined;
  /** The commit that a snapshot is built on, where the workspace is one of git. */
  base?: string;
  files: WorkspaceFiles;
  /** Record what differs from the base. `message` becomes the commit's. */
  snapshot(message: string): Promise<Snapshot>;
  /** A folder that holds what the snapshot recorded, for checks to run in. */
  forChecks(snapshot: Snapshot): Promise<string>;
  /**
   * Take out what checks have left since the snapshot, before the work goes on: new files, changes, removals. What git
   * ignores stays.
   */
  restore(snapshot: Snapshot, signal: AbortSignal): Promise<void>;
}
