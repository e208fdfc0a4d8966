import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatChecksum, LtxDecoder, type LtxHeader } from '../../src/ltx/index.ts';
import type { Replica } from '../../src/storage/index.ts';
import { keysOf, read } from '../storage/using.ts';
import { findTool } from '../support/requires.ts';
import { checksumOf, pageSizeOf } from './litefs/images.ts';

/** The reference implementation's command line tool. */
const REFERENCE = findTool('ltx', [
  process.env['LTX_BIN'],
  '/tmp/gobin/ltx',
  process.env['GOBIN'] && join(process.env['GOBIN'], 'ltx'),
  join(process.env['GOPATH'] ?? join(homedir(), 'go'), 'bin', 'ltx'),
]);

/** What a bucket's objects make of a database, when nothing but they are there. */
export interface Rebuilt {
  readonly image: Buffer;
  readonly txid: bigint;
  readonly files: number;
}

interface Named {
  readonly key: string;
  readonly min: bigint;
  readonly max: bigint;
}

/** Rebuilds a database from its objects alone: the furthest file that fits, again and again. Null when there are none. */
export async function rebuild(replica: Replica, cluster: string, db: string): Promise<Rebuilt | null> {
  const keys = await keysOf(replica, `${cluster}/${db}/`);
  const files = keys.map((key): Named => {
    const [, min, max] = /\/([0-9a-f]{16})-([0-9a-f]{16})\.ltx$/.exec(key) ?? [];
    return { key, min: BigInt(`0x${min}`), max: BigInt(`0x${max}`) };
  });
  let image: Buffer = Buffer.alloc(0);
  let txid = 0n;
  const used: Buffer[] = [];
  for (;;) {
    const fitting = files.filter(({ min, max }) => max > txid && (min === 1n || min === txid + 1n));
    // A snapshot over a chain: what ends where the newest state does, and needs least.
    const next = fitting.reduce<Named | null>((a, b) => (a === null || b.max > a.max ? b : a), null);
    if (next === null) break;
    const ltx = await read(replica, next.key);
    image = apply(next.min === 1n ? Buffer.alloc(0) : image, ltx, next);
    txid = next.max;
    if (next.min === 1n) used.length = 0;
    used.push(ltx);
  }
  if (txid === 0n) return null;
  checkByReference(used, image);
  return { image, txid, files: used.length };
}

function apply(before: Buffer, ltx: Uint8Array, { key, min, max }: Named): Buffer {
  const pages: (readonly [number, Uint8Array])[] = [];
  const decoder: LtxDecoder = new LtxDecoder({
    pages: (batch) => {
      for (let i = 0; i < batch.count; i++) pages.push([batch.pageNumbers[i]!, batch.page(i).slice()]);
    },
  });
  decoder.write(ltx);
  const { postApplyChecksum } = decoder.end();
  const { pageSize, commit, minTxid, maxTxid } = decoder.header as LtxHeader;
  if (minTxid !== min || maxTxid !== max) throw new Error(`${key} holds ${minTxid}-${maxTxid}`);
  const image = Buffer.alloc(commit * pageSize);
  before.copy(image);
  for (const [number, page] of pages) image.set(page, (number - 1) * pageSize);
  if (checksumOf(image, pageSize) !== postApplyChecksum) throw new Error(`${key} does not fit`);
  return image;
}

/** The reference, too, finds each file right, and the database to have the checksum that its pages add up to. */
function checkByReference(files: readonly Buffer[], image: Buffer): void {
  if (REFERENCE === undefined) return;
  const folder = mkdtempSync(join(tmpdir(), 'lfsb-reference-'));
  try {
    const paths = files.map((file, i) => {
      const path = join(folder, `${i}.ltx`);
      writeFileSync(path, file);
      return path;
    });
    execFileSync(REFERENCE, ['verify', ...paths], { stdio: 'pipe' });
    if (image.byteLength === 0) return;
    const database = join(folder, 'database');
    writeFileSync(database, image);
    // It has no end for a file whose page size it cannot read.
    const said = execFileSync(REFERENCE, ['checksum', database], { encoding: 'utf8', timeout: 10_000 });
    const checksum = formatChecksum(checksumOf(image, pageSizeOf(image)));
    if (said.trim() !== checksum) throw new Error(`${checksum} is ${said.trim()} for the reference`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
