import type { Readable } from 'node:stream';
import { LfsbError } from '../../errors/index.ts';
import { BodyReader } from '../ingest/body-reader.ts';
import type { IngestLimits } from '../ingest/limits.ts';
import { DRAIN_BYTES_MAX } from '../ingest/receive.ts';
import type { ImageIntake, Received } from './image-intake.ts';

/**
 * Reads an uploaded file to its end. One that is refused is read on within limits, so that the client hears why.
 * @throws LfsbError `EINCOMPLETE`, `ETIMEOUT`, `ETOOLARGE`, `EUNAVAILABLE`
 */
export async function receiveImage(
  body: Readable,
  intake: ImageIntake,
  limits: IngestLimits,
): Promise<Received> {
  const release = await limits.bodies.take();
  try {
    const reader = new BodyReader(body, limits.body);
    for (let chunk = await reader.next(); chunk !== null; chunk = await reader.next()) {
      if (reader.bytesRead > limits.bodyBytesMax) throw tooLarge(limits.bodyBytesMax);
      await intake.take(chunk);
      if (intake.refusal !== null && reader.bytesRead > DRAIN_BYTES_MAX) break;
    }
    return await intake.end();
  } finally {
    release();
  }
}

const tooLarge = (bytes: number): LfsbError =>
  new LfsbError('ETOOLARGE', `the body is larger than ${bytes} bytes`, {
    hint: 'raise LFSB_INGEST_BYTES_MAX if databases of this size are expected',
  });
