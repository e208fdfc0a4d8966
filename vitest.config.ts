import { defineConfig } from 'vitest/config';

/**
 * Suites live in `test/`, named after the behaviour they hold. Files run two at a time: the crash and
 * memory suites start real servers, and two of those fill the machine they are meant for.
 */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // No test is about how long something takes: what hangs is given up, what is slow is not.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    pool: 'forks',
    maxWorkers: 2,
    disableConsoleIntercept: true,
  },
});
