import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const variables = ['XDG_STATE_HOME', 'XDG_CONFIG_HOME'];

/** Tests make keys of their own and have no settings, unlike whoever runs them. */
export function setup(): void {
  for (const variable of variables) process.env[variable] = mkdtempSync(join(tmpdir(), 'fanfold-user-state-'));
}

export function teardown(): void {
  for (const variable of variables) rmSync(process.env[variable] ?? '', { recursive: true, force: true });
}
