import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const binary = fileURLToPath(new URL('../../../node_modules/.bin/ast-grep', import.meta.url));

export type Files = Record<string, string | Buffer>;

export interface CliScan {
  /** Every file after the scan. */
  files: Record<string, Buffer>;
  exitCode: number | null;
  output: string;
}

/** Runs `ast-grep scan --update-all` with the rules over the files, in a folder of its own. */
export function scanWithCli(rules: string, files: Files): CliScan {
  const folder = mkdtempSync(join(tmpdir(), 'fanfold-parity-'));
  try {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
    writeFileSync(join(folder, 'rules.yml'), rules);
    const { status, stdout, stderr } = spawnSync(
      binary,
      ['scan', '--update-all', '--no-ignore', 'hidden', '-r', 'rules.yml', '.'],
      {
        cwd: folder,
        encoding: 'utf8',
      },
    );
    const after = Object.keys(files).map((path) => [path, readFileSync(join(folder, path))]);
    return { files: Object.fromEntries(after), exitCode: status, output: stdout + stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
