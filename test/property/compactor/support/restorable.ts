import type { StoredFile } from '../../../../src/compactor/types.ts';
import { EMPTY_CHECKSUM } from '../../../../src/ltx/index.ts';

export const stateKey = (txid: bigint, checksum: bigint): string => `${txid}/${checksum}`;
export const endKey = (file: StoredFile): string => stateKey(file.maxTxid, file.postApplyChecksum);

/**
 * The states that files lead to, found by trying until nothing new is found, apart from all code under test:
 * a file is used when it holds a whole database, or when the very state it was made on is there, in its page size.
 */
export function restorable(files: readonly StoredFile[]): Map<string, number> {
  const states = new Map<string, number>();
  let waiting = [...files].sort((a, b) => Number(a.minTxid - b.minTxid));
  for (let found = true; found; ) {
    const before = waiting.length;
    waiting = waiting.filter((file) => {
      const whole = file.minTxid === 1n || file.preApplyChecksum === EMPTY_CHECKSUM;
      const base = states.get(stateKey(file.minTxid - 1n, file.preApplyChecksum));
      if (!whole && base !== file.pageSize) return true;
      states.set(endKey(file), file.pageSize);
      return false;
    });
    found = waiting.length < before && waiting.length > 0;
  }
  return states;
}
