import { open } from 'node:fs/promises';

/** Structured outputs of accepted subtasks, appended to results.jsonl one object a line: `{"subtask", "output"}`. */
export interface Results {
  keep(subtask: string, output: unknown): void;
  /** Resolves when all that was kept is on disk. */
  written(): Promise<void>;
  outputs: ReadonlyMap<string, unknown>;
}

export interface ResultsOptions {
  path: string;
  /** What earlier sessions of the run wrote there. */
  earlier: ReadonlyMap<string, unknown>;
  /** Called when outputs can't be written. */
  onFailure: (error: unknown) => void;
}

export function createResults({ path, earlier, onFailure }: ResultsOptions): Results {
  const outputs = new Map(earlier);
  let lines: string[] = [];
  let writing: Promise<void> | undefined;

  async function write(): Promise<void> {
    await using file = await open(path, 'a', 0o600);
    while (lines.length > 0) {
      const batch = lines;
      lines = [];
      await file.appendFile(batch.join(''));
      await file.sync();
    }
  }

  async function writeAll(): Promise<void> {
    try {
      // Lines may come while the file is being closed.
      while (lines.length > 0) await write();
    } catch (error) {
      onFailure(error);
    } finally {
      writing = undefined;
    }
  }

  return {
    outputs,
    keep(subtask, output) {
      if (outputs.has(subtask)) return;
      outputs.set(subtask, output);
      lines.push(`${JSON.stringify({ subtask, output })}\n`);
      writing ??= writeAll();
    },
    async written() {
      while (writing !== undefined) await writing;
    },
  };
}
