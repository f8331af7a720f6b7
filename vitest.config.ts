import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: ['tests/support/build-once.ts', 'tests/support/own-user-state.ts'],
    reporters: ['default', './tests/support/plain-summary.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
