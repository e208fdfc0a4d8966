import { ByteCollector } from './byte-collector.ts';
import { LtxError } from './errors.ts';
import { HEADER_BYTES } from './header.ts';

/** Bytes after the header that tell: an empty page block of the later layout, with its page index. */
const PROBE_BYTES = 15;
const LZ4_MAGIC_AT = 6;
const LZ4_MAGIC = [0x04, 0x22, 0x4d, 0x18];

/**
 * Names files of the later ltx 0.5 layout. It has the same magic, so with checksums (flags 0) its header is
 * a valid one of ours. Then the page block tells, and only after reading it our way has failed: a page header
 * of 6 bytes with an LZ4 frame right behind it, or, in a file without pages, 6 zero bytes, an empty page index
 * (1 zero byte) and its length (8 bytes: 1). A page of ours may look like that by chance; a valid file never
 * gets here.
 */
export class LaterLayoutProbe {
  readonly #start = new ByteCollector(PROBE_BYTES);

  constructor() {
    this.#start.expect(PROBE_BYTES);
  }

  /** Looks at a chunk behind the header, whose byte `from` is at `offset` of the file; more than once if need be. */
  look(chunk: Uint8Array, from: number, offset: number): void {
    if (this.#start.complete) return;
    const unseen = from + HEADER_BYTES + this.#start.length - offset;
    if (unseen >= from && unseen < chunk.length) this.#start.take(chunk, unseen);
  }

  /** The error to report for a file that could not be read: `failure`, or one that names the later layout. */
  explain(failure: LtxError): LtxError {
    if (!this.#looksLater()) return failure;
    const message = 'the file looks like one of the later ltx 0.5 layout, with page headers of 6 bytes';
    return new LtxError('LTX_LATER_LAYOUT', failure.offset, message, { cause: failure });
  }

  #looksLater(): boolean {
    const bytes = this.#start.bytes;
    const numbered = bytes.subarray(0, 4).some((byte) => byte !== 0);
    if (bytes[4] !== 0 || bytes[5] !== 0) return false;
    if (numbered) return LZ4_MAGIC.every((byte, i) => bytes[LZ4_MAGIC_AT + i] === byte);
    return bytes.length === PROBE_BYTES && bytes.every((byte, i) => byte === (i === PROBE_BYTES - 1 ? 1 : 0));
  }
}
