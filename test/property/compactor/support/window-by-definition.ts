/** The first 8 bytes of the SHA-256 of `c/d`, the name of the databases in these tests. */
const HASH_OF_C_D = 0xe5fb6071c14e1375n;

/** floor((time + offset) / interval), the offset being the hash modulo the interval: as `design.md` has it. */
export function windowByDefinition(time: number, intervalMs: number): bigint {
  const interval = BigInt(intervalMs);
  return (BigInt(time) + (HASH_OF_C_D % interval)) / interval;
}
