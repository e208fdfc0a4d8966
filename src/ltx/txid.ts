/** A transaction's number, 1 to 2^64-1. A bigint, because it may exceed 2^53. */
export type Txid = bigint;

const SIXTEEN_HEX_DIGITS = /^[0-9a-fA-F]{16}$/;

/** 16 lower-case hex digits, as file names, headers and logs spell it. */
export function formatTxid(txid: Txid): string {
  return txid.toString(16).padStart(16, '0');
}

/** The TXID that exactly 16 hex digits of either case spell, else undefined. Zero is left to the caller. */
export function parseTxid(text: string): Txid | undefined {
  return SIXTEEN_HEX_DIGITS.test(text) ? BigInt(`0x${text}`) : undefined;
}
