import { defineConfig } from 'vitest/config';

/**
 * `npm run test:clients`: the clients of AWS that are on this machine, as separate processes, against a stack of their
 * own. Those that are not are named as skipped.
 */
export default defineConfig({
  test: {
    globalSetup: 'test/temporary-folder.ts',
    include: ['test/clients/*.test.ts', 'test/clients/*.clients.ts'],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    fileParallelism: false,
  },
});
