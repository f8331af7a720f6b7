import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const variable = 'XDG_STATE_HOME';

/** Tests make keys of their own, not that of whoever runs them. */
export function setup(): void {
  process.env[variable] = mkdtempSync(join(tmpdir(), 'fanfold-user-state-'));
}

export function teardown(): void {
  rmSync(process.env[variable] ?? '', { recursive: true, force: true });
}
