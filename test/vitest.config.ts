import { defineConfig } from 'vitest/config';

/** Tests that bring whole stacks or many processes up: each wants both cores, so they run last and one at a time. */
const STACKS = ['test/dev/stack.test.ts', 'test/dev/demo.test.ts', 'test/kill/kill.test.ts', 'test/clients/*.test.ts'];

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 90_000,
    globalSetup: ['test/temporary-folder.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['test/**/*.test.ts'],
          exclude: STACKS,
          // Two cores are the smallest machine this runs on.
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'stacks', include: STACKS, fileParallelism: false, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
