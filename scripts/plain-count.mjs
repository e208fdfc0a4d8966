// A vitest reporter that adds one plain line at the end, for readers that only count.

/** Counts the tests of a run; a file that could not be loaded, and an error outside any test, is a failure. */
function count(modules, unhandledErrors) {
  const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
  for (const module of modules) {
    if (module.errors().length > 0) counts.failed += 1;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state !== 'pending') counts[state] += 1;
    }
  }
  return counts;
}

export default class PlainCount {
  onTestRunEnd(modules, unhandledErrors) {
    const { passed, failed, skipped } = count(modules, unhandledErrors);
    // The default reporter's summary comes later in the same turn.
    process.once('exit', () => {
      process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
    });
  }
}
