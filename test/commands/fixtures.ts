import type { DatabaseState } from '../../src/commands/database-state.ts';
import type { Contents, ContentsFault, Now, ReceivedFile } from '../../src/commands/ingest.ts';
import type { LtxHeader } from '../../src/ltx/index.ts';
import { headerOf, type LtxSpec } from '../support/ltx-fixtures.ts';

/** Checksums that are told apart at a glance. */
export const SUM_6 = 0x8000_0000_0000_0006n;
export const SUM_7 = 0x8000_0000_0000_0007n;
export const SUM_8 = 0x8000_0000_0000_0008n;
export const EMPTY = 0x8000_0000_0000_0000n;

/** When everything in these specs happens, unless one says otherwise. */
export const NOW: Now = { wall: 1_800_000_000_000, trusted: true };

/** A database of 10 pages of 4,096 bytes that stands at TXID 7. */
export const aDatabase = (changes: Partial<DatabaseState> = {}): DatabaseState => ({
  cluster: 'shop',
  db: 'orders.db',
  incarnation: 1,
  pos: { txid: 7n, checksum: SUM_7 },
  base: { txid: 6n, checksum: SUM_6 },
  pageSize: 4096,
  commit: 10,
  journalMode: null,
  effectiveTime: 1_700_000_000_000,
  failingSince: null,
  withheld: false,
  untilWhole: false,
  ...changes,
});

/** One that was dropped at TXID 7. */
export const aDroppedDatabase = (changes: Partial<DatabaseState> = {}): DatabaseState =>
  aDatabase({ commit: 0, pos: { txid: 7n, checksum: EMPTY }, ...changes });

/** What is wrong with a file, by the rule that it breaks. */
export const fault = (code: string): ContentsFault => ({ code, message: `${code} is broken`, offset: 100 });

export const good = (postApplyChecksum: bigint, pages = 1): Contents => ({
  ok: true,
  postApplyChecksum,
  fileChecksum: 0x8000_0000_0000_00ffn,
  pages,
});

export interface FileSpec extends Partial<LtxSpec> {
  readonly contents?: Contents;
  readonly headerChanges?: Partial<LtxHeader>;
}

/** TXID 8, which continues `aDatabase`, unless the spec says otherwise. */
export function aFile(spec: FileSpec = {}): ReceivedFile {
  const { contents, headerChanges, ...header } = spec;
  return {
    header: { ...headerOf({ minTxid: 8n, commit: 10, pre: SUM_7, ...header }), ...headerChanges },
    contents: contents ?? good(SUM_8),
    sizeBytes: 1_000,
    sha256: 'ab'.repeat(32),
    payload: { kind: 'row' },
    journalMode: null,
  };
}

/** A snapshot from TXID 1. */
export const aSnapshot = (maxTxid: bigint, spec: FileSpec = {}): ReceivedFile =>
  aFile({ minTxid: 1n, maxTxid, pre: 0n, contents: good(SUM_8, 10), ...spec });
