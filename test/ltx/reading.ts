import { describeLtx, LtxDecoder, type LtxDescription, LtxError, type LtxSink } from '../../src/ltx/index.ts';

/** Where a file is cut into chunks: after how many bytes the next one begins. */
export type Cuts = 'whole' | 'bytes' | number[];

/** Feeds `bytes` to a decoder in chunks, which are overwritten after use as a socket's buffers are. */
export function decodeCut(bytes: Uint8Array, cuts: Cuts, sink: LtxSink = {}): LtxDecoder {
  const decoder = new LtxDecoder(sink);
  for (const chunk of chunksOf(bytes, cuts)) {
    decoder.write(chunk);
    chunk.fill(0xee);
  }
  decoder.end();
  return decoder;
}

/** The chunks of a file, as copies. */
export function* chunksOf(bytes: Uint8Array, cuts: Cuts): Generator<Uint8Array> {
  if (cuts === 'whole') return yield bytes.slice();
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = cuts === 'bytes' ? 1 : cuts[i % cuts.length]!;
    yield bytes.slice(at, at + size);
    at += size;
  }
}

/** The same as an asynchronous source, as files and bodies are read. */
export async function* sourceOf(bytes: Uint8Array, cuts: Cuts = 'whole'): AsyncGenerator<Uint8Array> {
  yield* chunksOf(bytes, cuts);
}

/** What a file says of itself. */
export function describeBytes(bytes: Uint8Array, cuts: Cuts = 'whole'): LtxDescription {
  return describeLtx(chunksOf(bytes, cuts));
}

/** The error a file is refused with. Fails the test on success and on anything that is no LtxError. */
export function refusalOf(work: () => unknown): LtxError {
  try {
    work();
  } catch (error) {
    if (error instanceof LtxError) return error;
    throw error;
  }
  throw new Error('the file was not refused');
}

/** As `refusalOf`, of a promise. */
export async function refusalFrom(work: Promise<unknown>): Promise<LtxError> {
  const outcome = await work.then(
    () => new Error('the file was not refused'),
    (error: unknown) => error,
  );
  if (outcome instanceof LtxError) return outcome;
  throw outcome;
}

/** All that an asynchronous iterable yields, in one piece. */
export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk.slice());
  return new Uint8Array(Buffer.concat(all));
}

/** Fails unless both are the same bytes. (`toEqual` takes seconds for a megabyte.) */
export function expectBytes(actual: Uint8Array, expected: Uint8Array): void {
  if (Buffer.compare(actual, expected) === 0) return;
  const at = expected.findIndex((byte, i) => byte !== actual[i]);
  throw new Error(`${actual.length} bytes are not the ${expected.length} expected: they part at ${at}`);
}
