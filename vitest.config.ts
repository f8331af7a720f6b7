import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: ['tests/support/build-once.ts', 'tests/support/own-user-state.ts'],
    reporters: ['default', './tests/support/plain-summary.ts'],
    // Most of what takes long here is waiting: for processes, leases and limits.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
