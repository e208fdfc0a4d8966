import type { EventBody, EventType } from '../../src/events/index.ts';

const transaction: EventBody<'transaction.ingested'> = {
  cluster: 'prod',
  db: 'app.db',
  minTxid: '0000000000000001',
  maxTxid: '000000000000000a',
  pageSize: 4096,
  commit: 1000,
  pages: 4,
  preApplyChecksum: '0000000000000000',
  postApplyChecksum: 'f000000000000001',
  timestamp: -1,
  effectiveTime: 1_730_000_000_000,
  sizeBytes: '18446744073709551615',
  sha256: 'ab'.repeat(32),
  fileChecksum: 'f000000000000001',
  payload: { kind: 'row' },
  journalMode: null,
  nodeId: '0000000000000000',
};

const name = { cluster: 'prod', db: 'app.db' };

/** A body of each type. */
export const SAMPLE_BODIES: { readonly [T in EventType]: EventBody<T> } = {
  'server.started': { version: '0.1.0', node: 'v20.19.0', dataDirectory: '/data' },
  'server.stopped': { reason: 'SIGTERM' },
  'clock.suspect': { wall: 10, expected: 1 },
  'clock.cleared': { by: 'operator' },
  'database.created': { ...name, incarnation: 1, pageSize: 65536 },
  'database.deleted': {
    ...name,
    incarnation: 1,
    txid: '0000000000000007',
    checksum: 'f000000000000001',
  },
  'transaction.ingested': transaction,
  'transaction.rebased': { ...transaction, payload: { kind: 'spool', name: '0a-1.ltx' }, journalMode: 'wal' },
  'transaction.imported': {
    ...transaction,
    source: { sizeBytes: '8192', sha256: 'cd'.repeat(32) },
    journalModeForced: true,
  },
  'transaction.restored': {
    ...transaction,
    target: { txid: '0000000000000003', checksum: 'f000000000000003', timestamp: 1_720_000_000_000 },
    journalModeForced: false,
  },
  'ingest.refused': {
    ...name,
    code: 'EPOSMISMATCH',
    message: 'position mismatch',
    minTxid: null,
    maxTxid: null,
    position: { txid: '0000000000000001', checksum: 'f000000000000001' },
    suppressed: 0,
  },
  'position.withheld': { ...name, txid: '0000000000000001', checksum: 'f000000000000001', failingSince: 1 },
  'primary.changed': { cluster: 'prod', previous: 'LFSC0000000000000001', current: 'LFSC0000000000000002' },
};
