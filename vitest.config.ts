import { defineConfig } from 'vitest/config';

/**
 * Suites live in `test/`, named after the behaviour they hold. Files run two at a time: the crash and
 * memory suites start real servers, and two of those fill the machine they are meant for.
 */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
    disableConsoleIntercept: true,
  },
});
