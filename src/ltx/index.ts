/** The LTX file format: pure, streaming, in bounded memory. `docs/ltx.md` describes it. */
export * from './checksum.ts';
export * from './decoder.ts';
export * from './describe.ts';
export * from './encoder.ts';
export * from './errors.ts';
export * from './header.ts';
export { decodeHeader, encodeHeader } from './header-codec.ts';
export type { LtxFraming, LtxSink, PageBatch } from './page-batch.ts';
export * from './page-size.ts';
export * from './pos.ts';
export * from './txid.ts';
