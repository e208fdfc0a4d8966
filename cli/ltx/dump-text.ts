import {
  formatChecksum,
  formatTxid,
  isCompressed,
  isDeletion,
  isSnapshot,
  type LtxDescription,
  type LtxHeader,
} from '../../src/ltx/index.ts';
import type { DumpedPage } from './dump-file.ts';
import { hexRows } from './hex.ts';

/** The largest time that a Date holds, in ms. */
const DATE_MS_MAX = 8_640_000_000_000_000n;

const field = (name: string, value: string): string => `  ${name.padEnd(16)}${value}\n`;

const hex32 = (value: number): string => value.toString(16).padStart(8, '0');

function timeOf(ms: bigint): string {
  const inRange = ms <= DATE_MS_MAX && ms >= -DATE_MS_MAX;
  return inRange ? `${new Date(Number(ms)).toISOString()} (${ms} ms)` : `${ms} ms`;
}

function kindOf(header: LtxHeader): string {
  if (isDeletion(header)) return isSnapshot(header) ? 'snapshot, deletion' : 'deletion';
  return isSnapshot(header) ? 'snapshot' : 'incremental';
}

function walOf({ walOffset, walSize, walSalt1, walSalt2 }: LtxHeader): string {
  if (walOffset === 0n) return 'none';
  return `offset ${walOffset}, ${walSize} B, salts ${hex32(walSalt1)} ${hex32(walSalt2)}`;
}

/** The header for a person. */
export function headerText(header: LtxHeader): string {
  return [
    'header\n',
    field('kind', kindOf(header)),
    field('txid', `${formatTxid(header.minTxid)}-${formatTxid(header.maxTxid)}`),
    field('page size', `${header.pageSize} B`),
    field('commit', `${header.commit} pages`),
    field('timestamp', timeOf(header.timestampMs)),
    field('pre-apply', formatChecksum(header.preApplyChecksum)),
    field('wal', walOf(header)),
    field('node id', formatTxid(header.nodeId)),
    field('page block', isCompressed(header) ? 'LZ4 frame (flags 1)' : 'plain (flags 0)'),
  ].join('');
}

/** A page in hex. */
export const pageText = ({ page, checksum, data }: DumpedPage): string =>
  `page ${page}, checksum ${checksum}\n${hexRows(data)}`;

/** Page index and trailer for a person: they come after the pages, as they do in the file. */
export function restText({ pages, pageCount, pageBlockBytes, trailer }: LtxDescription): string {
  const ranges = pages.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`));
  return [
    'pages\n',
    field('count', `${pageCount}, ${pageBlockBytes} B uncompressed`),
    field('numbers', ranges.length === 0 ? 'none' : ranges.join(' ')),
    'trailer\n',
    field('post-apply', trailer.postApplyChecksum),
    field('file checksum', trailer.fileChecksum),
  ].join('');
}
