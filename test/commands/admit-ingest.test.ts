import { describe, expect, it } from 'vitest';
import { admitIngest } from '../../src/commands/admit-ingest.ts';
import { unknownDatabase } from '../../src/commands/database-state.ts';
import {
  aDatabase,
  aDroppedDatabase,
  aFile,
  aSnapshot,
  EMPTY,
  type FileSpec,
  fault,
  good,
  SUM_6,
  SUM_7,
  SUM_8,
} from './fixtures.ts';

const unknown = unknownDatabase('shop', 'orders.db');
const bad = (code: string) => ({ ok: false, fault: fault(code) }) as const;
const codeOf = (admission: ReturnType<typeof admitIngest>): string =>
  admission.kind === 'refused' ? admission.refusal.code : admission.kind;

describe('given a name that nobody knows', () => {
  it.each([
    ['a snapshot', 'create', aSnapshot(1n)],
    ['a snapshot of a long history', 'create', aSnapshot(99n)],
    [
      'a snapshot with commit 0: created and dropped before it was sent',
      'create',
      aSnapshot(2n, { commit: 0, contents: good(EMPTY, 0) }),
    ],
    ['an incremental file', 'EPOSMISMATCH', aFile()],
    ['the first file after a deletion', 'EPOSMISMATCH', aFile({ pre: EMPTY })],
    ['a snapshot that is damaged', 'EBADLTX', aSnapshot(1n, { contents: bad('LTX_LZ4_BLOCK') })],
  ])('when %s comes, then it is %s', (_, outcome, file) => {
    expect(codeOf(admitIngest(unknown, file))).toBe(outcome);
  });

  it('tells of a mismatch with zeros for a position', () => {
    expect(admitIngest(unknown, aFile())).toEqual({
      kind: 'refused',
      refusal: { code: 'EPOSMISMATCH', message: 'position mismatch', pos: { txid: 0n, checksum: 0n } },
    });
  });
});

describe('given a database at TXID 7', () => {
  const state = aDatabase();

  it.each([
    ['the next file', 'append', aFile()],
    ['the next file, of several transactions', 'append', aFile({ maxTxid: 300n })],
    ['a deletion', 'append', aFile({ commit: 0, contents: good(EMPTY, 0) })],
    ['a file that leaves one out', 'EPOSMISMATCH', aFile({ minTxid: 9n })],
    ['a file that overlaps', 'EPOSMISMATCH', aFile({ minTxid: 7n, maxTxid: 9n })],
    ['an older file', 'EPOSMISMATCH', aFile({ minTxid: 6n, contents: good(SUM_8) })],
    ['the next TXID of another history', 'EPOSMISMATCH', aFile({ pre: SUM_8 })],
    ['a snapshot of another history', 'EPOSMISMATCH', aSnapshot(7n)],
    ['a snapshot that is ahead', 'EPOSMISMATCH', aSnapshot(8n)],
    ['the first file after a deletion', 'EPOSMISMATCH', aFile({ pre: EMPTY })],
  ])('when %s comes, then it is %s', (_, outcome, file) => {
    expect(codeOf(admitIngest(state, file))).toBe(outcome);
  });

  it('tells of a mismatch with its position', () => {
    const admission = admitIngest(state, aFile({ minTxid: 9n }));
    expect(admission).toMatchObject({ refusal: { pos: { txid: 7n, checksum: SUM_7 } } });
  });

  it.each([
    ['the file itself', aFile({ minTxid: 7n, pre: SUM_8, contents: good(SUM_7) })],
    ['a merged file that ends there', aFile({ minTxid: 3n, maxTxid: 7n, pre: SUM_8, contents: good(SUM_7) })],
    ['a snapshot that ends there', aSnapshot(7n, { contents: good(SUM_7) })],
  ])('when its newest transaction comes again as %s, then it is a duplicate', (_, file) => {
    expect(admitIngest(state, file)).toEqual({ kind: 'duplicate' });
  });
});

describe('given a database that was dropped at TXID 7', () => {
  const state = aDroppedDatabase();

  it.each([
    ['its first file again, also of another page size', 'append', aFile({ pre: EMPTY, pageSize: 512 })],
    [
      'the deletion again',
      'duplicate',
      aFile({ minTxid: 7n, pre: SUM_8, commit: 0, contents: good(EMPTY, 0) }),
    ],
    ['a file of before the deletion', 'EPOSMISMATCH', aFile({ pre: SUM_7 })],
    ['a snapshot', 'EPOSMISMATCH', aSnapshot(1n)],
  ])('when %s comes, then it is %s', (_, outcome, file) => {
    expect(codeOf(admitIngest(state, file))).toBe(outcome);
  });
});

describe('given a database that waits for a full snapshot', () => {
  const state = aDatabase({ withheld: true, failingSince: 1 });

  it.each([
    ['a snapshot above its TXID', 'rebase', aSnapshot(8n)],
    ['a snapshot of exactly its position', 'rebase', aSnapshot(7n, { contents: good(SUM_7, 10) })],
    ['a snapshot of its TXID and another content', 'EPOSMISMATCH', aSnapshot(7n)],
    ['a snapshot below its TXID', 'EPOSMISMATCH', aSnapshot(6n)],
    ['the next file of the chain after all', 'append', aFile()],
    ['its newest file again', 'duplicate', aFile({ minTxid: 7n, contents: good(SUM_7) })],
    [
      'a snapshot above its TXID that is damaged',
      'EBADLTX',
      aSnapshot(8n, { contents: bad('LTX_LZ4_BLOCK') }),
    ],
  ])('when %s comes, then it is %s', (_, outcome, file) => {
    expect(codeOf(admitIngest(state, file))).toBe(outcome);
  });
});

describe('the order of the checks', () => {
  const state = aDatabase();

  it('puts the position before the page size', () => {
    expect(codeOf(admitIngest(state, aFile({ minTxid: 9n, pageSize: 512 })))).toBe('EPOSMISMATCH');
    expect(admitIngest(state, aFile({ pageSize: 512 }))).toMatchObject({
      refusal: { code: 'EBADHEADER', message: 'page size mismatch' },
    });
  });

  it('puts the position before the contents, where the header can be believed', () => {
    const contents = bad('LTX_PAGE_ORDER');
    expect(codeOf(admitIngest(state, aFile({ minTxid: 9n, contents })))).toBe('EPOSMISMATCH');
    expect(codeOf(admitIngest(state, aFile({ contents })))).toBe('EBADLTX');
  });

  it('puts the page size before the contents', () => {
    expect(codeOf(admitIngest(state, aFile({ pageSize: 512, contents: bad('LTX_PAGE_ORDER') })))).toBe(
      'EBADHEADER',
    );
  });

  it('calls a wrong post-apply checksum EBADCHECKSUM and names rule and byte', () => {
    expect(admitIngest(state, aFile({ contents: bad('LTX_POST_APPLY') }))).toEqual({
      kind: 'refused',
      refusal: {
        code: 'EBADCHECKSUM',
        message: 'LTX_POST_APPLY is broken',
        ltx: { code: 'LTX_POST_APPLY', offset: 100 },
      },
    });
  });
});

describe('a mismatch that may not be true is never told', () => {
  it.each([
    ['the header itself may be damaged', aFile({ minTxid: 9n, contents: bad('LTX_FILE_CHECKSUM') })],
    ['it may be our newest transaction', aFile({ minTxid: 7n, contents: bad('LTX_TRUNCATED') })],
    ['it may be our newest, merged', aFile({ minTxid: 2n, maxTxid: 7n, contents: bad('LTX_TRUNCATED') })],
  ])('when %s', (_, file) => {
    expect(codeOf(admitIngest(aDatabase(), file))).toBe('EBADLTX');
  });
});

describe('a retry that picked up newer transactions while its original was committed', () => {
  // The newest transaction, 7, went on from 6.
  const retry = (spec: FileSpec = {}) => aFile({ minTxid: 7n, maxTxid: 9n, pre: SUM_6, ...spec });

  it('is asked to try again: told of a mismatch its primary would throw them away', () => {
    expect(codeOf(admitIngest(aDatabase(), retry()))).toBe('EUNAVAILABLE');
  });

  it('may be a snapshot, as its original was', () => {
    const state = aDatabase({ base: { txid: 0n, checksum: 0n } });
    expect(codeOf(admitIngest(state, aSnapshot(9n)))).toBe('EUNAVAILABLE');
    expect(codeOf(admitIngest(state, aSnapshot(7n)))).toBe('EPOSMISMATCH');
    expect(codeOf(admitIngest(state, aSnapshot(6n)))).toBe('EPOSMISMATCH');
  });

  it.each([
    ['goes on from elsewhere', retry({ pre: SUM_8 })],
    ['begins earlier', retry({ minTxid: 6n })],
    ['ends where we are, with another content', retry({ maxTxid: 7n })],
  ])('is not meant where the file %s', (_, file) => {
    expect(codeOf(admitIngest(aDatabase(), file))).toBe('EPOSMISMATCH');
  });

  it('is refused for its contents where they are damaged', () => {
    const file = retry({ contents: bad('LTX_TRUNCATED') });
    expect(codeOf(admitIngest(aDatabase(), file))).toBe('EBADLTX');
  });

  it('re-bases a name that waits for a snapshot', () => {
    const state = aDatabase({ base: { txid: 0n, checksum: 0n }, withheld: true });
    expect(codeOf(admitIngest(state, aSnapshot(9n)))).toBe('rebase');
  });
});
