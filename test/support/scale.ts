/** LFSB_TEST_SCALE multiplies the run counts of property tests: 1 by default, more for a long soak. */
export const scale = Number(process.env['LFSB_TEST_SCALE'] ?? '1');

if (!(scale > 0))
  throw new Error(`LFSB_TEST_SCALE must be a number above 0, not ${process.env['LFSB_TEST_SCALE']}`);

/** The run count of a property that takes `count` runs at scale 1; at least one. */
export function runs(count: number): number {
  return Math.max(1, Math.round(count * scale));
}
