import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const variables = ['XDG_STATE_HOME', 'XDG_CACHE_HOME'];

/** Tests make keys and caches of their own, and leave those of whoever runs them alone. */
export function setup(): void {
  for (const name of variables) process.env[name] = mkdtempSync(join(tmpdir(), 'fanfold-user-'));
}

export function teardown(): void {
  for (const name of variables) rmSync(process.env[name] ?? '', { recursive: true, force: true });
}
