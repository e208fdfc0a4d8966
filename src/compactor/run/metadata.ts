import { decodeHeader, formatChecksum, HEADER_BYTES, readTrailer, TRAILER_BYTES } from '../../ltx/index.ts';
import type { FileView, Metadata } from '../../storage/index.ts';
import type { PlannedFile } from '../plan/actions.ts';

const ISO_MS_MAX = 253_402_300_799_999;

/** `2006-01-02T15:04:05.000Z`. Format. A time before 1970 or past the year 9999 is written as the nearest there is. */
export const isoTime = (timeMs: number): string =>
  new Date(Math.min(Math.max(timeMs, 0), ISO_MS_MAX)).toISOString();

/** What is said of a stored file beside its bytes (`protocol.md`, Object names and metadata). Format. */
export const metadataOf = (file: PlannedFile, sha256: string, logHead: string): Metadata => ({
  'Page-Size': String(file.pageSize),
  Commit: String(file.commit),
  Timestamp: isoTime(file.effectiveTime),
  'Pre-Apply-Checksum': formatChecksum(file.preApplyChecksum),
  'Post-Apply-Checksum': formatChecksum(file.postApplyChecksum),
  'Log-Head': logHead,
  Sha256: sha256,
});

/** The same, as far as a file says it itself: for places that keep nothing but files. Empty for what is no LTX file. */
export async function metadataFromFile(file: FileView): Promise<Metadata> {
  if (!file.key.endsWith('.ltx') || file.sizeBytes < HEADER_BYTES + TRAILER_BYTES) return {};
  const header = decodeHeader(await file.read(0, HEADER_BYTES));
  const trailer = readTrailer(await file.read(file.sizeBytes - TRAILER_BYTES, TRAILER_BYTES));
  return {
    'Page-Size': String(header.pageSize),
    Commit: String(header.commit),
    Timestamp: isoTime(Number(header.timestampMs)),
    'Pre-Apply-Checksum': formatChecksum(header.preApplyChecksum),
    'Post-Apply-Checksum': formatChecksum(trailer.postApplyChecksum),
  };
}
