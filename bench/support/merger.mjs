import { mkdirSync } from 'node:fs';
import { parseCompaction } from '../../dist/src/compactor/plan/config.js';
import { makeFile } from '../../dist/src/compactor/run/build-file.js';
import { FreshFiles } from '../../dist/src/compactor/run/fresh-files.js';
import { openReplicas } from '../../dist/src/compactor/run/open-replicas.js';
import { planTurn } from '../../dist/src/compactor/run/plan-turn.js';
import { openReadOnly } from '../../dist/src/log/connection.js';
import { LtxFold } from '../../dist/src/ltx/index.js';

// What the thread does that merges, in a process of its own, whose memory is that of the thread.
const [folder, store, database] = process.argv.slice(2);
mkdirSync(`${folder}/cache`, { recursive: true });
const fold = new LtxFold();
const sql = openReadOnly(database);
const places = {
  sql,
  spoolDirectory: folder,
  cacheDirectory: `${folder}/cache`,
  payloadBytes: (seq) => sql.get('SELECT bytes FROM payload_bytes WHERE seq = ?', seq)?.bytes ?? null,
  replicas: openReplicas({ replicas: [{ name: 'store', url: `file://${store}` }], s3: {} }),
  fresh: new FreshFiles(`${folder}/fresh`),
};

const jobs = {
  /** Merges files into one; transactions of level 0 are given by the first and the last of their numbers. */
  async merge({ task, rows }) {
    const numbers = (first, last) => Float64Array.from({ length: last - first + 1 }, (_, i) => first + i);
    const inputs = [...task.inputs, ...(rows === undefined ? [] : [numbers(...rows)])];
    const output = Object.fromEntries(
      Object.entries(task.output).map(([key, value]) => [
        key,
        typeof value === 'string' ? BigInt(value) : value,
      ]),
    );
    const made = await makeFile({ ...task, output, inputs }, places, fold);
    const { sizeBytes } = made;
    await made.discard();
    return { sizeBytes };
  },
  async plan({ expire, now }) {
    const config = parseCompaction();
    const replicas = [{ name: 'store', required: true }];
    const name = { cluster: 'bench', db: 'busy.db', replica: 'store', replicas };
    const plan = planTurn(sql, { ...name, config, now, trusted: true, expire });
    return { builds: plan.builds.length, payloadsThrough: plan.payloadsThrough };
  },
};

process.on('message', async (message) => {
  if (message === 'stop') return process.disconnect();
  const start = performance.now();
  const result = await jobs[message.job](message);
  process.send({ ...result, seconds: (performance.now() - start) / 1000 });
});
process.send({ url: '' });
