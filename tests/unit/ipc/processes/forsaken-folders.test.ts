import { isAbsolute } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { temporaryParents } from '../../../../ipc/index.ts';

afterEach(() => void vi.unstubAllEnvs());

test('folders outside the repository are made at absolute places only', () => {
  vi.stubEnv('XDG_RUNTIME_DIR', '/run/user/1');
  expect(temporaryParents()[0]).toBe('/run/user/1');
  for (const relative of ['', '.', 'run']) {
    vi.stubEnv('XDG_RUNTIME_DIR', relative);
    vi.stubEnv('TMPDIR', relative);
    expect(temporaryParents()).toContain('/tmp');
    expect(temporaryParents().filter((parent) => !isAbsolute(parent))).toEqual([]);
  }
});
