import type { Readable } from 'node:stream';
import { contentsRefusal } from '../../commands/admit-ingest.ts';
import type { ReceivedFile } from '../../commands/ingest.ts';
import type { Refusal } from '../../commands/refusal.ts';
import { LfsbError } from '../../errors/index.ts';
import { EMPTY_CHECKSUM, isSnapshot, type LtxHeader } from '../../ltx/index.ts';
import type { PageSums } from '../writer/messages.ts';
import { STAGE_PAGES_MAX } from '../writer/stage.ts';
import { BodyReader } from './body-reader.ts';
import type { IngestLimits } from './limits.ts';
import { LtxIntake } from './ltx-intake.ts';
import { PayloadSink, type StoredBytes } from './payload-sink.ts';
import type { Staging } from './staging.ts';

/** A body that was read to its end. A file that has a header goes on to be decided on, whole or not. */
export type Received =
  | {
      readonly kind: 'file';
      readonly file: ReceivedFile;
      readonly pages: PageSums;
      readonly bytes: Uint8Array | null;
    }
  | { readonly kind: 'unreadable'; readonly refusal: Refusal };

/** A body that is refused is read on for so long, so that the client hears the answer, bytes. */
export const DRAIN_BYTES_MAX = 64 * 1024 * 1024;

export interface ReceiveOptions {
  readonly body: Readable;
  readonly spoolDirectory: string;
  readonly staging: Staging;
  readonly limits: IngestLimits;
}

/**
 * Receives one LTX file: decodes, verifies and keeps it as it comes, in bounded memory.
 * @throws LfsbError `EINCOMPLETE`, `ETIMEOUT`, `ETOOLARGE`, `EUNAVAILABLE`; nothing is left behind then
 */
export async function receiveLtx(options: ReceiveOptions): Promise<Received> {
  const release = await options.limits.bodies.take();
  const payload = new PayloadSink(options.spoolDirectory);
  const intake = new LtxIntake(payload);
  let releaseHeavy: (() => void) | null = null;
  try {
    const reader = new BodyReader(options.body, options.limits.body);
    for (let chunk = await reader.next(); chunk !== null; chunk = await reader.next()) {
      checkSize(reader.bytesRead, intake, options.limits);
      for (let at = 0; at < chunk.byteLength; ) {
        at = intake.write(chunk, at);
        if (intake.isHeavy) releaseHeavy ??= await options.limits.heavyBodies.take();
        if (intake.sums.count >= STAGE_PAGES_MAX) await stage(intake, options.staging);
        if (intake.fault === null && payload.mustFlush) await payload.flush();
      }
    }
    return await complete(intake, payload, options.staging);
  } catch (error) {
    await options.staging.abandon();
    throw error;
  } finally {
    await payload.discard();
    releaseHeavy?.();
    release();
  }
}

function checkSize(bytes: number, intake: LtxIntake, limits: IngestLimits): void {
  const max = intake.fault === null ? limits.bodyBytesMax : Math.min(DRAIN_BYTES_MAX, limits.bodyBytesMax);
  if (bytes <= max) return;
  if (intake.fault !== null) {
    const { code, message, offset } = intake.fault;
    throw new LfsbError('EBADLTX', message, { fields: { ltx: { code, offset } } });
  }
  throw new LfsbError('ETOOLARGE', `the body is larger than ${max} bytes`, {
    hint: 'raise LFSB_INGEST_BYTES_MAX if databases of this size are expected',
  });
}

const stage = (intake: LtxIntake, staging: Staging): Promise<void> => {
  const dense = intake.header !== null && holdsAll(intake.header);
  return staging.add(dense ? 'dense' : 'sparse', intake.sums.take());
};

/** A snapshot, or the first file after a deletion: it holds every page. */
const holdsAll = (header: LtxHeader): boolean =>
  isSnapshot(header) || header.preApplyChecksum === EMPTY_CHECKSUM;

async function complete(intake: LtxIntake, payload: PayloadSink, staging: Staging): Promise<Received> {
  const contents = intake.end();
  const { header } = intake;
  if (header === null) {
    if (contents.ok) throw new Error('a file without a header cannot be whole');
    return { kind: 'unreadable', refusal: contentsRefusal(contents.fault) };
  }
  if (staging.kind !== null && intake.sums.count > 0) await stage(intake, staging);
  const stored = contents.ok ? await payload.commit() : NOTHING_STORED;
  const { sizeBytes, sha256, place, bytes } = stored;
  const file: ReceivedFile = {
    header,
    contents,
    sizeBytes,
    sha256,
    payload: place,
    journalMode: intake.journalMode,
  };
  const pages: PageSums =
    staging.kind === null
      ? { kind: 'inline', ...intake.sums.take() }
      : { kind: staging.kind, generation: staging.generation };
  return { kind: 'file', file, pages, bytes };
}

const NOTHING_STORED: StoredBytes = {
  place: { kind: 'row' },
  bytes: null,
  sizeBytes: 0,
  sha256: '0'.repeat(64),
};
