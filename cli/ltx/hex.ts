const ROW_BYTES = 16;

const isZero = (row: Uint8Array): boolean => row.every((byte) => byte === 0);

const printable = (byte: number): string => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.');

/** Bytes as `hexdump -C` shows them: offset, 16 bytes, text; a run of zero rows is one `*`. */
export function hexRows(bytes: Uint8Array): string {
  let out = '';
  let skipping = false;
  for (let at = 0; at < bytes.length; at += ROW_BYTES) {
    const row = bytes.subarray(at, at + ROW_BYTES);
    if (
      at > 0 &&
      at + ROW_BYTES < bytes.length &&
      isZero(row) &&
      isZero(bytes.subarray(at - ROW_BYTES, at))
    ) {
      if (!skipping) out += '*\n';
      skipping = true;
      continue;
    }
    skipping = false;
    const hex = Array.from(row, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    out += `${at.toString(16).padStart(8, '0')}  ${hex.padEnd(ROW_BYTES * 3 - 1)}  |${Array.from(row, printable).join('')}|\n`;
  }
  return out;
}
