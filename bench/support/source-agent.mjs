import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { openDataDirectory } from '../../dist/src/engine/data-directory.js';
import { IngestService } from '../../dist/src/engine/ingest/ingest-service.js';
import { createIngestLimits } from '../../dist/src/engine/ingest/limits.js';
import { NameGate } from '../../dist/src/engine/name-gate.js';
import { Sweeper } from '../../dist/src/engine/sweeper.js';
import { createSystemClock } from '../../dist/src/engine/system-clock.js';
import { openWriter } from '../../dist/src/engine/writer/open-writer.js';
import { createLogger } from '../../dist/src/logging.js';
import { IndexedState, RecordFile, SOURCE_BODY_LIMITS, Source } from '../../dist/src/sources/index.js';

// A source and the ingest behind it, without storage: says what its first copy cost, and then syncs once a second.
const [path, dataPath] = process.argv.slice(2);
const NAME = { cluster: 'bench', db: 'app.db' };
const cpuSeconds = (since) => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
};

const log = createLogger({ level: 'error', format: 'json' });
const directory = await openDataDirectory(dataPath);
const fail = (error) => {
  throw error;
};
const writer = await openWriter({ directory, synchronous: 'FULL', log, onFatal: fail });
const sweeper = new Sweeper({ writer, spoolDirectory: directory.spool, log });
const ingest = new IngestService({
  ...{
    writer,
    spoolDirectory: directory.spool,
    sweeper,
    gate: new NameGate(),
    clock: createSystemClock(),
    log,
  },
  limits: { ...createIngestLimits(2 ** 40), body: SOURCE_BODY_LIMITS },
});
const actor = { cluster: NAME.cluster, token: 'anonymous', address: null, request: null };
const source = new Source({
  ...{ path, now: Date.now, busyTimeoutMs: 1_000 },
  stored: IndexedState.open(directory.database, NAME.cluster, NAME.db),
  record: new RecordFile(join(dataPath, 'wal-position')),
  checkpoint: { framesMin: 1_000, intervalMs: 60_000 },
  async publish({ pieces }) {
    const body = Readable.from(bodyOf(pieces), { objectMode: false });
    const result = await ingest.receive({ ...NAME, actor, primary: null, body });
    if (result.kind === 'refused') throw new Error(result.refusal.message);
  },
});

async function* bodyOf(pieces) {
  for (const piece of pieces) {
    if (piece === null) await setImmediate();
    else yield piece;
  }
}

const started = process.cpuUsage();
const { pages } = await source.sync();
process.send({ url: '', pages, firstCopyCpuSeconds: cpuSeconds(started) });

let stopping = false;
process.once('message', () => {
  stopping = true;
});
while (!stopping) {
  await sleep(1_000);
  await source.sync();
}
source.close();
await sweeper.stop();
await writer.close();
directory.release();
process.disconnect();
