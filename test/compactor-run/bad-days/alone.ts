import { decodeHeader, LtxDecoder } from '../../../src/ltx/index.ts';
import type { Replica } from '../../../src/storage/index.ts';
import { keysOf, read } from '../../storage/using.ts';

/** The states that a replica's objects lead to with nothing else at hand: TXID to database file. */
export async function restorableFrom(replica: Replica, prefix: string): Promise<Map<bigint, Buffer>> {
  const keys = await keysOf(replica, prefix);
  const files = await Promise.all(keys.map((key) => read(replica, key)));
  const headers = files.map((file) => decodeHeader(file.subarray(0, 100)));
  const order = files.map((_, i) => i).sort((a, b) => Number(headers[a]!.maxTxid - headers[b]!.maxTxid));
  const states = new Map<bigint, Buffer>();
  // Two rounds: of files that end together one may need the point that another makes.
  for (const i of [...order, ...order]) {
    const { minTxid, maxTxid, preApplyChecksum } = headers[i]!;
    if (states.has(maxTxid)) continue;
    const whole = minTxid === 1n || preApplyChecksum === 1n << 63n;
    const before = whole ? Buffer.alloc(0) : states.get(minTxid - 1n);
    if (before !== undefined) states.set(maxTxid, applied(before, files[i]!));
  }
  return states;
}

function applied(before: Buffer, ltx: Uint8Array): Buffer {
  let image: Buffer | undefined;
  const decoder: LtxDecoder = new LtxDecoder({
    pages: (batch) => {
      const { pageSize } = decoder.header!;
      image ??= resized(before, decoder);
      for (let i = 0; i < batch.count; i++) image.set(batch.page(i), (batch.pageNumbers[i]! - 1) * pageSize);
    },
  });
  decoder.write(ltx);
  decoder.end();
  return image ?? resized(before, decoder);
}

function resized(before: Buffer, { header }: LtxDecoder): Buffer {
  const image = Buffer.alloc(header!.commit * header!.pageSize);
  before.copy(image);
  return image;
}
