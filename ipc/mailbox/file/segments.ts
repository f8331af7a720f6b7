import { attempt, codeOf, type MailboxFileSystem, namesIn } from './file-system.ts';

/** Messages given back stand here, before the numbered segments; it is never removed. */
export const returnedSegment = '00000000';
export const segmentPattern = /^[0-9]{8}$/;

/**
 * A folder that rotates: entries go to numbered sub-folders of about `limit` entries each, so that no listing is long.
 * Several processes fill the same segment, each counting its own entries. The highest segment is never removed, so the
 * numbers only grow and a sender never goes back to an earlier one.
 */
export class Segments {
  readonly folder: string;
  readonly #fileSystem: MailboxFileSystem;
  readonly #limit: number;
  /** Called with the names that are already in a segment that this instance begins to use. */
  readonly #entered: (names: readonly string[]) => void;
  #current: string | undefined;
  #count = 0;

  constructor(
    fileSystem: MailboxFileSystem,
    folder: string,
    limit: number,
    entered: (names: readonly string[]) => void = () => {},
  ) {
    this.#fileSystem = fileSystem;
    this.folder = folder;
    this.#limit = limit;
    this.#entered = entered;
  }

  /** Rename a file into the current segment. Returns the segment's path, or undefined when `from` does not exist. */
  receive(from: string, name: string): string | undefined {
    for (;;) {
      const segment = this.#next();
      try {
        this.#fileSystem.rename(from, `${segment}/${name}`);
        return segment;
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw error;
        if (!this.#fileSystem.exists(from)) return undefined;
        // A consumer found the segment empty, with a higher one there, and removed it.
        this.#current = undefined;
      }
    }
  }

  /** The segment that is filled now. */
  current(): string {
    this.#current ??= this.#advance();
    return this.#current;
  }

  #next(): string {
    if (this.#count >= this.#limit) this.#current = this.#advance();
    const current = this.current();
    this.#count += 1;
    return current;
  }

  #advance(): string {
    const numbers = namesIn(this.#fileSystem, this.folder).filter(
      (name) => segmentPattern.test(name) && name !== returnedSegment,
    );
    const highest = numbers.sort().at(-1);
    if (highest !== undefined && this.#path(highest) !== this.#current) {
      const names = namesIn(this.#fileSystem, this.#path(highest));
      this.#entered(names);
      this.#count = names.length;
      if (this.#count < this.#limit) return this.#path(highest);
    }
    const path = this.#path(String(Number(highest ?? 0) + 1).padStart(8, '0'));
    makeFolders(this.#fileSystem, this.folder, path);
    this.#count = 0;
    return path;
  }

  #path(segment: string): string {
    return `${this.folder}/${segment}`;
  }
}

/** Make a folder and the one above it, if need be. */
export function makeFolders(fileSystem: MailboxFileSystem, parent: string, folder: string): void {
  if (attempt(() => fileSystem.makeFolder(folder), 'EEXIST', 'ENOENT') || fileSystem.exists(folder)) return;
  attempt(() => fileSystem.makeFolder(parent), 'EEXIST');
  attempt(() => fileSystem.makeFolder(folder), 'EEXIST');
}
