/** What is known of a segment beside its events. Hashes are 32 bytes, times ms. */
export interface SegmentFacts {
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** The log's hash before its first event and at its last. */
  readonly previous: Uint8Array;
  readonly hash: Uint8Array;
  readonly timeMin: number;
  readonly timeMax: number;
  /** What the texts of its events take, bytes. */
  readonly textBytes: number;
  /** A filter of the streams, types and databases in it (`key-filter.ts`). */
  readonly keys: Uint8Array;
}

/** What a segment has to be: where it begins and ends in the chain. */
export type SegmentBounds = Pick<SegmentFacts, 'firstSeq' | 'lastSeq' | 'previous' | 'hash'>;
