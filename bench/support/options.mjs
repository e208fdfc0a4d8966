import { readFileSync } from 'node:fs';

/** What the server's node is started with: LFSB_BENCH_NODE_OPTIONS, or else what `npm start` gives it. */
export function serverOptions() {
  const options = process.env.LFSB_BENCH_NODE_OPTIONS ?? startOptions();
  return options.split(' ').filter((option) => option !== '');
}

function startOptions() {
  const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return /node ((?:--\S+ )*)/.exec(scripts.start)?.[1] ?? '';
}
