import { CHECKSUM_FLAG, type Checksum } from './checksum.ts';

/** The XOR of many page checksums, kept in 32-bit halves: a bigint per page would cost more than its CRC. */
export class ChecksumTally {
  #low = 0;
  #high = 0;

  /** Adds the checksums from index `from` up to, not including, `to`. */
  add(sums: BigUint64Array, from = 0, to = sums.length): void {
    const halves = new Uint32Array(sums.buffer, sums.byteOffset, sums.length * 2);
    let low = this.#low;
    let high = this.#high;
    for (let i = from * 2; i < to * 2; i += 2) {
      low ^= halves[i]!;
      high ^= halves[i + 1]!;
    }
    this.#low = low;
    this.#high = high;
  }

  /** The database checksum if the pages added are all there are. */
  get checksum(): Checksum {
    return CHECKSUM_FLAG | (BigInt(this.#high >>> 0) << 32n) | BigInt(this.#low >>> 0);
  }
}
