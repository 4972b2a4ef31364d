import { defineConfig } from 'vitest/config';

/** `npm run test:e2e`: the product in a real browser, on a stack of its own. One file at a time, in the order written. */
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.e2e.ts'],
    testTimeout: 60_000,
    hookTimeout: 180_000,
    fileParallelism: false,
  },
});
