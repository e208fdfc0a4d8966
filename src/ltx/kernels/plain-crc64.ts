/** The reflected generator 0xD800000000000000, without its lower, zero half. */
const POLYNOMIAL_HIGH = 0xd8000000;

/** CRC of each byte value, as pairs of 32-bit words: high at 2i, low at 2i + 1. */
const TABLE = buildTable();

function buildTable(): Uint32Array {
  const table = new Uint32Array(512);
  for (let byte = 0; byte < 256; byte++) {
    let high = 0;
    let low = byte;
    for (let bit = 0; bit < 8; bit++) {
      const carry = low & 1;
      low = (low >>> 1) | (high << 31);
      high = (high >>> 1) ^ (carry ? POLYNOMIAL_HIGH : 0);
    }
    table[byte * 2] = high;
    table[byte * 2 + 1] = low;
  }
  return table;
}

/** CRC-64/GO-ISO of `bytes`, continued from `crc`, a byte at a time. */
export function plainCrc64(crc: bigint, bytes: Uint8Array): bigint {
  const start = BigInt.asUintN(64, ~crc);
  let high = Number(start >> 32n);
  let low = Number(start & 0xffffffffn);
  for (const byte of bytes) {
    const index = ((low ^ byte) & 0xff) * 2;
    low = ((low >>> 8) | (high << 24)) ^ TABLE[index + 1]!;
    high = (high >>> 8) ^ TABLE[index]!;
  }
  return BigInt.asUintN(64, ~((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)));
}
