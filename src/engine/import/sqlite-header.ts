import type { JournalMode } from '../../commands/database-state.ts';
import { type Refusal, refuse } from '../../commands/refusal.ts';
import { isPageSize } from '../../ltx/index.ts';

/** Bytes of a SQLite file's header, at the start of page 1 (SQLite file format, 1.3). */
export const SQLITE_HEADER_BYTES = 100;

/** Where the write version is; the read version follows. Both are 2 in WAL mode and 1 otherwise. */
export const VERSIONS_AT = 18;

const MAGIC = Buffer.from('SQLite format 3\0', 'latin1');
const AT = {
  pageSize: 16,
  writeVersion: VERSIONS_AT,
  readVersion: VERSIONS_AT + 1,
  reservedSpace: 20,
  fractions: 21,
  changeCounter: 24,
  pageCount: 28,
  schemaFormat: 44,
  textEncoding: 56,
  reserved: 72,
  versionValidFor: 92,
} as const;

const FRACTIONS = [64, 32, 32] as const;
const USABLE_BYTES_MIN = 480;
const SCHEMA_FORMAT_MAX = 4;
const TEXT_ENCODING_MAX = 3;

/** What the header of a SQLite file says. */
export interface SqliteHeader {
  readonly pageSize: number;
  readonly journalMode: JournalMode;
  /** Size in pages; null where the header does not know, because an old SQLite was the last to write. */
  readonly pageCount: number | null;
}

export type ReadHeader =
  | { readonly ok: true; readonly header: SqliteHeader }
  | { readonly ok: false; readonly refusal: Refusal };

const invalid = (hint: string): Refusal => refuse('EBADHEADER', 'invalid database header', { hint });

/** Reads the first 100 bytes of a file; what SQLite itself would not open is refused. */
export function readSqliteHeader(bytes: Uint8Array): ReadHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, SQLITE_HEADER_BYTES);
  const pageSize = view.getUint16(AT.pageSize) === 1 ? 65_536 : view.getUint16(AT.pageSize);
  const fault = faultOf(bytes, view, pageSize);
  if (fault !== null) return { ok: false, refusal: invalid(fault) };
  const count = view.getUint32(AT.pageCount);
  const known = count !== 0 && view.getUint32(AT.changeCounter) === view.getUint32(AT.versionValidFor);
  const isWal = view.getUint8(AT.writeVersion) === 2 && view.getUint8(AT.readVersion) === 2;
  const journalMode = isWal ? 'wal' : 'rollback';
  return { ok: true, header: { pageSize, journalMode, pageCount: known ? count : null } };
}

function faultOf(bytes: Uint8Array, view: DataView, pageSize: number): string | null {
  if (!beginsAsSqlite(bytes))
    return 'the file does not begin as SQLite does: it is encrypted, or no database';
  if (!isPageSize(pageSize)) return `${pageSize} is no page size`;
  const versions = [view.getUint8(AT.writeVersion), view.getUint8(AT.readVersion)];
  if (versions.some((version) => version !== 1 && version !== 2)) {
    return `the file format versions are ${versions.join(' and ')}, SQLite knows 1 and 2`;
  }
  if (FRACTIONS.some((fraction, i) => view.getUint8(AT.fractions + i) !== fraction)) {
    return `the payload fractions are not ${FRACTIONS.join(', ')}`;
  }
  if (pageSize - view.getUint8(AT.reservedSpace) < USABLE_BYTES_MIN) {
    return `fewer than ${USABLE_BYTES_MIN} bytes of a page are usable`;
  }
  const strange =
    view.getUint32(AT.schemaFormat) > SCHEMA_FORMAT_MAX ||
    view.getUint32(AT.textEncoding) > TEXT_ENCODING_MAX ||
    bytes.subarray(AT.reserved, AT.versionValidFor).some((byte) => byte !== 0);
  return strange ? 'fields that SQLite keeps small or zero are not: the file may be encrypted' : null;
}

/** Whether as much as there is of a file begins with SQLite's magic. */
function beginsAsSqlite(bytes: Uint8Array): boolean {
  const length = Math.min(bytes.byteLength, MAGIC.byteLength);
  return MAGIC.subarray(0, length).equals(bytes.subarray(0, length));
}

const notWhole = (message: string): Refusal => refuse('EBADDATABASE', message);

/** What is wrong with a file that ended within its header. */
export function shortFileRefusal(bytes: Uint8Array): Refusal {
  if (bytes.byteLength === 0) return notWhole('the file is empty');
  if (!beginsAsSqlite(bytes)) return invalid('the file does not begin as SQLite does');
  return notWhole(`the file is truncated: it ends after ${bytes.byteLength} bytes, within its header`);
}

/** What is wrong with a file that has grown to so many bytes and may grow further; null while nothing is. */
export function trailingRefusal({ pageSize, pageCount }: SqliteHeader, sizeBytes: number): Refusal | null {
  if (pageCount === null || sizeBytes <= pageCount * pageSize) return null;
  return notWhole(`trailing bytes: the database ends after ${pageCount} pages of ${pageSize} bytes`);
}

/** What is wrong with a file that ended after so many bytes; null when it is whole. */
export function truncatedRefusal({ pageSize, pageCount }: SqliteHeader, sizeBytes: number): Refusal | null {
  if (pageCount !== null && sizeBytes < pageCount * pageSize) {
    return notWhole(
      `the file is truncated: ${sizeBytes} bytes, the database has ${pageCount} pages of ${pageSize} bytes`,
    );
  }
  if (sizeBytes % pageSize === 0) return null;
  return notWhole(`the file is truncated: ${sizeBytes} bytes are not whole pages of ${pageSize} bytes`);
}
