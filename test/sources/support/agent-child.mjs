import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { IngestService } from '../../../dist/src/engine/ingest/ingest-service.js';
import { createIngestLimits } from '../../../dist/src/engine/ingest/limits.js';
import { NameGate } from '../../../dist/src/engine/name-gate.js';
import { Sweeper } from '../../../dist/src/engine/sweeper.js';
import { createHandlers } from '../../../dist/src/engine/writer/handlers.js';
import { LfsbError } from '../../../dist/src/errors/index.js';
import { openLog } from '../../../dist/src/log/index.js';
import { createLogger } from '../../../dist/src/logging.js';
import { PROJECTIONS } from '../../../dist/src/projections/index.js';
import { IndexedState, RecordFile, Source } from '../../../dist/src/sources/index.js';

/**
 * An agent to be killed: it syncs without end and prints what each sync found. A transaction is kept in a file of its
 * TXID before the engine gets it, so that the files up to the stored position are what was published.
 */
const [, , folder, path] = process.argv;
const NAME = { cluster: 'agent', db: 'app.db' };
for (const name of ['published', 'spool']) mkdirSync(join(folder, name), { recursive: true });

const database = join(folder, 'lfsb.db');
const log = openLog({ path: database, projections: PROJECTIONS, synchronous: 'NORMAL' });
const handlers = createHandlers(log.context);
const writer = {
  execute: async (command) => log.transaction(() => handlers[command.type]({ ...command }, log.context)),
};
const silent = createLogger({ level: 'silent', format: 'json' });
const clock = () => ({ wall: Date.now(), monotonic: performance.now() });
const spoolDirectory = join(folder, 'spool');
const ingest = new IngestService({
  ...{ writer, spoolDirectory, clock, log: silent, gate: new NameGate() },
  limits: createIngestLimits(2 ** 30),
  sweeper: new Sweeper({ writer, spoolDirectory, log: silent }),
});
const actor = { cluster: NAME.cluster, token: 'anonymous', address: null, request: null };

const source = new Source({
  ...{ path, now: Date.now, busyTimeoutMs: 200 },
  stored: IndexedState.open(database, NAME.cluster, NAME.db),
  record: new RecordFile(join(folder, 'wal-position')),
  checkpoint: { framesMin: 60, intervalMs: 300 },
  async publish({ header, pieces }) {
    const ltx = Buffer.concat([...pieces].filter((piece) => piece !== null));
    const name = header.maxTxid.toString(16).padStart(16, '0');
    writeFileSync(join(folder, 'published', `${name}.ltx`), ltx);
    const result = await ingest.receive({ ...NAME, actor, primary: null, body: Readable.from([ltx]) });
    if (result.kind === 'refused') throw new LfsbError(result.refusal.code, result.refusal.message);
  },
});

let ending = false;
process.stdin.on('data', () => {
  ending = true;
});
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
while (!ending) {
  try {
    const { transactions, compared, state } = await source.sync();
    say({ transactions, compared, state });
  } catch (error) {
    say({ failed: error.code ?? String(error), message: error.message });
  }
  await sleep(3);
}
source.close();
log.close();
process.exit(0);
