/** The value below which the given share of all lies; NaN when there is none. */
export function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Median, 99th percentile and worst of latencies in ms. */
export function latencies(samples) {
  const sorted = Float64Array.from(samples).sort();
  return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), worst: percentile(sorted, 1) };
}

const ms = (value) => (Number.isNaN(value) ? '-' : value < 10 ? value.toFixed(1) : value.toFixed(0));

/** A row of a Markdown table. */
export const row = (...cells) => `| ${cells.join(' | ')} |\n`;

/** The head of a Markdown table. */
export const head = (...cells) => row(...cells) + row(...cells.map(() => '---'));

/** `p50 1.2, p99 3.4, worst 12`, ms. */
export const latencyText = ({ p50, p99, worst }) => `${ms(p50)} / ${ms(p99)} / ${ms(worst)}`;
