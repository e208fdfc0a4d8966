/** The polynomial of CRC-64/GO-ISO, reflected: bit 63 is the coefficient of x^0. */
const POLYNOMIAL = 0xd800_0000_0000_0000n;
const ONE = 1n << 63n;
const X_TO_THE_8 = 1n << 55n;

/** The product of two remainders, reflected. */
function multiply(a: bigint, b: bigint): bigint {
  let product = 0n;
  for (let bit = ONE, shifted = b; bit !== 0n; bit >>= 1n) {
    if ((a & bit) !== 0n) product ^= shifted;
    shifted = (shifted & 1n) === 0n ? shifted >> 1n : (shifted >> 1n) ^ POLYNOMIAL;
  }
  return product;
}

/**
 * What the difference (XOR) of two CRC-64 states becomes when the same `bytes` bytes follow both. CRCs are
 * linear, so it does not depend on what those bytes are, and takes no longer for more of them.
 */
export function advanceDifference(difference: bigint, bytes: bigint): bigint {
  let factor = ONE;
  for (let power = X_TO_THE_8, rest = bytes; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) factor = multiply(factor, power);
    power = multiply(power, power);
  }
  return multiply(difference, factor);
}
