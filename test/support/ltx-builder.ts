import { FLAG_COMPRESSED, LtxEncoder, type LtxHeader, type LtxTrailer } from '../../src/ltx/index.ts';

/** An LTX file in few words. What is left out is what a plain LiteFS transaction would have. */
export interface LtxSpec {
  pageSize?: number;
  minTxid: bigint;
  /** Default: `minTxid`. */
  maxTxid?: bigint;
  /** Database size in pages afterwards. */
  commit: number;
  /** Page numbers and contents, in any order. */
  pages?: Iterable<readonly [number, Uint8Array]>;
  /** Pre-apply checksum. Default: 0, as a snapshot has it. */
  pre?: bigint;
  /** Post-apply checksum. Default: that of the pages, right for a snapshot and a deletion only. */
  post?: bigint;
  timestampMs?: bigint;
  nodeId?: bigint;
  /** Default true. */
  compress?: boolean;
}

/** 2024-01-17 23:00 UTC: fixtures have a time of their own. */
export const FIXTURE_TIME_MS = 1_705_532_400_000n;

/** The bytes of the file, header rules and page order checked by the encoder. */
export function buildLtx(spec: LtxSpec): Uint8Array {
  const chunks: Uint8Array[] = [];
  const encoder = new LtxEncoder(headerOf(spec), (chunk) => chunks.push(chunk));
  const pages = [...(spec.pages ?? [])].sort(([a], [b]) => a - b);
  for (const [pageNumber, data] of pages) encoder.page(pageNumber, data);
  encoder.end(spec.post ?? encoder.pagesChecksum);
  return new Uint8Array(Buffer.concat(chunks));
}

/** The trailer in the last 16 bytes of a file, unchecked. */
export function trailerOf(ltx: Uint8Array): LtxTrailer {
  const view = new DataView(ltx.buffer, ltx.byteOffset + ltx.length - 16, 16);
  return { postApplyChecksum: view.getBigUint64(0), fileChecksum: view.getBigUint64(8) };
}

/** The header a spec stands for. */
export function headerOf(spec: LtxSpec): LtxHeader {
  return {
    flags: (spec.compress ?? true) ? FLAG_COMPRESSED : 0,
    pageSize: spec.pageSize ?? 4096,
    commit: spec.commit,
    minTxid: spec.minTxid,
    maxTxid: spec.maxTxid ?? spec.minTxid,
    timestampMs: spec.timestampMs ?? FIXTURE_TIME_MS,
    preApplyChecksum: spec.pre ?? 0n,
    walOffset: 0n,
    walSize: 0n,
    walSalt1: 0,
    walSalt2: 0,
    nodeId: spec.nodeId ?? 0n,
  };
}
