import PQueue from 'p-queue';
import type { Repository } from '../../ipc/index.ts';
import type { Subtask } from '../../tasks/index.ts';
import { digestOf } from './digest.ts';
import type { FileChoice, FileSet } from './file-set.ts';
import { type FolderFiles, folderFiles, type KnownContents } from './folder-files.ts';
import { inputChoice } from './input-choice.ts';
import { treeFiles } from './tree-files.ts';

export interface InputDigestsOptions {
  folder: string;
  repository: Repository | undefined;
  /** Commit the run started from; absent where nothing works in git. */
  base: string | undefined;
}

/** Digests of the files that results depend on. Undefined: nothing is known, so nothing can be reused. */
export interface InputDigests {
  /** As the run found them: those of its base, or of the folder when this was first asked. */
  found(subtask: Subtask): Promise<string | undefined>;
  /**
   * As they were found, unless one of them was changed since in the folder, by whomever. Remembered for work in the folder
   * itself: asked at the end of the run.
   */
  untouched(subtask: Subtask): Promise<string | undefined>;
  /** What `found` is, without some files; undefined where these are none. */
  foundWithout(subtask: Subtask, paths: readonly string[]): Promise<string | undefined>;
  /** The files it may write, as they are now in the folder. */
  left(subtask: Subtask): Promise<string | undefined>;
}

type Digests = Map<string, Promise<string | undefined>>;

/** What the times of files may be behind the clock. */
const clockTickMs = 20;
const listingsAtOnce = 4;

export function createInputDigests(options: InputDigestsOptions): InputDigests {
  const { repository, base } = options;
  const startedAt = Date.now();
  const known: KnownContents = new Map();
  const foundDigests: Digests = new Map();
  const untouchedDigests: Digests = new Map();
  const queue = new PQueue({ concurrency: listingsAtOnce });
  let tree: Promise<FileSet> | undefined;

  const inFolder = (choices: readonly FileChoice[]): Promise<FolderFiles | undefined> =>
    queue.add(() => folderFiles(options, choices, known));

  async function compute({ workspace }: Subtask, choices: readonly FileChoice[]): Promise<string | undefined> {
    if (workspace !== 'worktree') {
      const files = await inFolder(choices);
      return files === undefined ? undefined : digestChosen(files, choices);
    }
    if (repository === undefined || base === undefined) return undefined;
    tree ??= treeFiles(repository, base);
    return digestChosen(await tree, choices);
  }

  async function computeUntouched(subtask: Subtask, choices: readonly FileChoice[]): Promise<string | undefined> {
    const files = await inFolder(choices);
    if (files === undefined || files.changedAt(chosenOf(files, choices)) >= startedAt - clockTickMs) return undefined;
    const digest = digestChosen(files, choices);
    // A file that is gone, or a folder that was moved there, has no time that tells.
    return digest === (await found(subtask)) ? digest : undefined;
  }

  /** Siblings often depend on the same files. */
  async function remembered(
    digests: Digests,
    subtask: Subtask,
    choices: readonly FileChoice[] | undefined,
    work: (choices: readonly FileChoice[]) => Promise<string | undefined>,
  ): Promise<string | undefined> {
    if (choices === undefined) return undefined;
    const key = digestOf([subtask.workspace === 'worktree', choices]);
    const digest = digests.get(key) ?? work(choices);
    digests.set(key, digest);
    return digest;
  }

  const found = (subtask: Subtask, choices = inputChoice(subtask)): Promise<string | undefined> =>
    remembered(foundDigests, subtask, choices, (chosen) => compute(subtask, chosen));

  return {
    found: (subtask) => found(subtask),
    async untouched(subtask) {
      const choices = inputChoice(subtask);
      if (choices === undefined || subtask.workspace === 'worktree') return found(subtask);
      // Copies are made one after another: a later one holds what was accepted before it.
      if (subtask.workspace === 'copy') return computeUntouched(subtask, choices);
      return remembered(untouchedDigests, subtask, choices, (chosen) => computeUntouched(subtask, chosen));
    },
    async foundWithout(subtask, except) {
      return except.length === 0 ? undefined : found(subtask, [{ kind: 'all', except }]);
    },
    async left({ writes }) {
      const choices: FileChoice[] = [{ kind: 'patterns', patterns: writes }];
      const files = await inFolder(choices);
      return files?.digest(chosenOf(files, choices));
    },
  };
}

/** Patterns that match nothing say nothing: a mistyped one must not keep a result for ever. */
function digestChosen(files: FileSet, choices: readonly FileChoice[]): string | undefined {
  for (const choice of choices) {
    if (choice.kind === 'patterns' && choice.patterns.length > 0 && files.choose(choice).length === 0) return undefined;
  }
  return files.digest(chosenOf(files, choices));
}

function chosenOf(files: FileSet, choices: readonly FileChoice[]): string[] {
  const [only] = choices;
  if (choices.length === 1 && only !== undefined) return files.choose(only);
  return [...new Set(choices.flatMap((choice) => files.choose(choice)))].sort();
}
