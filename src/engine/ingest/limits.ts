import { Permits } from '../permits.ts';
import { BODY_LIMITS, type BodyLimits } from './body-reader.ts';

/** Bodies received at once. Each holds at most a payload row, its page checksums and a decoded block: 1 MiB. */
export const INGEST_BODIES_MAX = 128;

/** Bodies in a framing of up to 4 MiB a block received at once: each holds up to 12 MiB. */
export const INGEST_HEAVY_BODIES_MAX = 2;

/** Requests that wait for their turn to send a body. */
export const INGEST_WAITING_MAX = 1_024;

/** How long a request waits for its turn: LiteFS waits 40 s and more for an answer. */
export const INGEST_WAIT_MS_MAX = 20_000;

/** The limits of ingest, shared by all requests of a server. */
export interface IngestLimits {
  readonly bodies: Permits;
  readonly heavyBodies: Permits;
  readonly body: BodyLimits;
  /** Largest body, bytes. */
  readonly bodyBytesMax: number;
}

export function createIngestLimits(bodyBytesMax: number): IngestLimits {
  const queue = { waitingMax: INGEST_WAITING_MAX, waitMsMax: INGEST_WAIT_MS_MAX };
  return {
    bodies: new Permits({ heldMax: INGEST_BODIES_MAX, ...queue, what: 'uploads' }),
    heavyBodies: new Permits({ heldMax: INGEST_HEAVY_BODIES_MAX, ...queue, what: 'uploads in large blocks' }),
    body: BODY_LIMITS,
    bodyBytesMax,
  };
}
