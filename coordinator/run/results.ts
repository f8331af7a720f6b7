import { open } from 'node:fs/promises';

/** Structured outputs of accepted subtasks, appended to results.jsonl one object a line: `{"subtask", "output"}`. */
export interface Results {
  keep(subtask: string, output: unknown): void;
  /** Resolves when all that was kept is on disk. */
  written(): Promise<void>;
  outputs: ReadonlyMap<string, unknown>;
}

/** `onFailure` is called when outputs can't be written. */
export function createResults(path: string, onFailure: (error: unknown) => void): Results {
  const outputs = new Map<string, unknown>();
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
