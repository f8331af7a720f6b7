import PQueue from 'p-queue';
import type { Repository } from '../../ipc/index.ts';
import type { Plan, Subtask } from '../../tasks/index.ts';
import { digestOf } from './digest.ts';
import type { FileChoice, FileSet } from './file-set.ts';
import { type FolderFiles, folderFiles, type KnownContents } from './folder-files.ts';
import { inputChoice } from './input-choice.ts';
import { treeFiles } from './tree-files.ts';

export interface InputDigestsOptions {
  plan: Plan;
  folder: string;
  repository: Repository | undefined;
  /** Commit the run started from; absent where nothing works in git. */
  base: string | undefined;
}

/** Digests of the files that results depend on. Undefined: nothing is known, so nothing can be reused. */
export interface InputDigests {
  /** As the run found them: those of its base, or of the folder when this was first asked. */
  found(subtask: Subtask): Promise<string | undefined>;
  /** As they are in the folder, unless one of them was changed since the run began. Asked at its end, remembered. */
  untouched(subtask: Subtask): Promise<string | undefined>;
  /** The files it may write, as they are now in the folder. */
  left(subtask: Subtask): Promise<string | undefined>;
}

type Digests = Map<string, Promise<string | undefined>>;

/** What the times of files may be behind the clock. */
const clockTickMs = 20;
const listingsAtOnce = 4;

export function createInputDigests(options: InputDigestsOptions): InputDigests {
  const { plan, repository, base } = options;
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

  async function computeUntouched(choices: readonly FileChoice[]): Promise<string | undefined> {
    const files = await inFolder(choices);
    if (files === undefined || files.changedAt(chosenOf(files, choices)) >= startedAt - clockTickMs) return undefined;
    return digestChosen(files, choices);
  }

  /** Siblings often depend on the same files. */
  async function remembered(
    digests: Digests,
    subtask: Subtask,
    work: (choices: readonly FileChoice[]) => Promise<string | undefined>,
  ): Promise<string | undefined> {
    const choices = inputChoice(subtask, plan);
    if (choices === undefined) return undefined;
    const key = digestOf([subtask.workspace === 'worktree', choices]);
    const digest = digests.get(key) ?? work(choices);
    digests.set(key, digest);
    return digest;
  }

  return {
    found: (subtask) => remembered(foundDigests, subtask, (choices) => compute(subtask, choices)),
    untouched: (subtask) => remembered(untouchedDigests, subtask, computeUntouched),
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
