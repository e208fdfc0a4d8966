import { createHash } from 'node:crypto';
import { LtxDecoder, type LtxHeader } from '../../src/ltx/index.ts';

/** SHA-256 as 64 hex digits. */
export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** What a snapshot LTX says, and the database it holds. Fails on anything that is not a whole, correct file. */
export function decodeSnapshot(ltx: Uint8Array): {
  header: LtxHeader;
  postApplyChecksum: bigint;
  bytes: Uint8Array;
} {
  let bytes: Uint8Array | undefined;
  const decoder: LtxDecoder = new LtxDecoder({
    pages: (batch) => {
      bytes ??= new Uint8Array(decoder.header!.commit * decoder.header!.pageSize);
      for (let i = 0; i < batch.count; i++) {
        bytes.set(batch.page(i), (batch.pageNumbers[i]! - 1) * decoder.header!.pageSize);
      }
    },
  });
  decoder.write(ltx);
  const { postApplyChecksum } = decoder.end();
  const header = decoder.header!;
  if (header.minTxid !== 1n) throw new Error(`not a snapshot: it begins at ${header.minTxid}`);
  return { header, postApplyChecksum, bytes: bytes ?? new Uint8Array(0) };
}
