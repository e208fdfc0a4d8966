import { createHash } from 'node:crypto';
import { LtxDecoder, type LtxHeader, type LtxOutline, PAGE_NUMBER_BYTES, relabel } from '../../ltx/index.ts';
import { PageSumBuffer } from '../ingest/page-sums.ts';
import { fileInput } from '../snapshot/input.ts';
import { STAGE_PAGES_MAX } from '../writer/stage.ts';
import { ImageEncoder, setVersions, type Versions, versionsOf, WAL_VERSIONS } from './image-encoder.ts';
import { ImagePayload } from './image-payload.ts';
import type { Encoded, ImportWorkerData, Sealed, SumsPart } from './messages.ts';
import { CheckCopy } from './quick-check.ts';

export interface ImportTaskOptions extends ImportWorkerData {
  readonly pageSize: number;
  readonly journalModeForced: boolean;
  readonly check: boolean;
  /** Takes page checksums as soon as there are enough of them to be staged. */
  readonly onSums: (part: SumsPart) => void;
}

/** One import as its thread works on it. Calls follow each other; after one that throws only `discard` may come. */
export class ImportTask {
  readonly #options: ImportTaskOptions;
  readonly #sourceHash = createHash('sha256');
  readonly #sums = new PageSumBuffer();
  readonly #encoder: ImageEncoder;
  #payload: ImagePayload;
  #copy: CheckCopy | null = null;
  #versions: Versions | null = null;
  #sourceSha256 = '';
  #outline: LtxOutline | null = null;

  constructor(options: ImportTaskOptions) {
    this.#options = options;
    this.#payload = new ImagePayload(options.spoolDirectory);
    this.#encoder = new ImageEncoder(
      options.pageSize,
      (chunk) => this.#payload.add(chunk),
      (pageNumbers, sums) => this.#sums.add({ count: sums.length, pageNumbers, sums }),
    );
  }

  /** The next pages of the image. They are changed where the journal mode is forced. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#sourceHash.update(bytes);
    if (this.#options.check) {
      this.#copy ??= await CheckCopy.create(this.#options.cacheDirectory);
      await this.#copy.write(bytes);
    }
    if (this.#versions === null) {
      this.#versions = versionsOf(bytes);
      if (this.#options.journalModeForced) setVersions(bytes, 0, WAL_VERSIONS);
    }
    this.#encoder.image(bytes);
    if (this.#sums.count >= STAGE_PAGES_MAX) this.#options.onSums(this.#sums.take());
    if (this.#payload.mustFlush) await this.#payload.flush();
  }

  /** @throws LfsbError `EBADDATABASE` when a check finds damage */
  async end(): Promise<Encoded> {
    this.#sourceSha256 = this.#sourceHash.digest('hex');
    this.#outline = this.#encoder.end();
    await this.#payload.end();
    await this.#copy?.check();
    return this.#encoded(this.#outline, this.#sums.take());
  }

  /** Encodes all of it again, because page 1 has to be another. */
  async recode(journalModeForced: boolean): Promise<Encoded> {
    if (this.#versions === null) throw new Error('an image that is encoded has a page 1');
    const versions = journalModeForced ? WAL_VERSIONS : this.#versions;
    const before = this.#payload;
    const after = new ImagePayload(this.#options.spoolDirectory);
    this.#payload = after;
    try {
      this.#outline = await this.#copyPages(before, after, versions);
      await after.end();
    } finally {
      await before.discard();
    }
    return this.#encoded(this.#outline, this.#sums.take());
  }

  async #copyPages(from: ImagePayload, to: ImagePayload, versions: Versions): Promise<LtxOutline> {
    const first = (numbers: Uint32Array, sums: BigUint64Array): void => {
      if (numbers[0] === 1) this.#sums.add({ count: 1, pageNumbers: numbers, sums });
    };
    const encoder = new ImageEncoder(this.#options.pageSize, (chunk) => to.add(chunk), first);
    const decoder = new LtxDecoder({
      pages: (batch) => {
        const frames = batch.frames();
        if (batch.pageNumbers[0] === 1) setVersions(frames, PAGE_NUMBER_BYTES, versions);
        encoder.frames(frames, batch.pageNumbers, batch.count);
      },
    });
    if (from.path === null) decoder.write(from.bytes);
    else await decodeFile(from.path, decoder, to);
    decoder.end();
    return encoder.end();
  }

  seal(header: LtxHeader): Promise<Sealed> {
    if (this.#outline === null) throw new Error('an image is sealed after it has ended');
    return this.#payload.seal(relabel(this.#outline, header));
  }

  /** The import is over: the payload stays where a commit has named it, and nothing else does. */
  async close(keep: boolean): Promise<void> {
    const copy = this.#copy;
    this.#copy = null;
    if (copy !== null) await copy.discard();
    if (!keep) await this.#payload.discard();
  }

  #encoded({ trailer, pages }: LtxOutline, rest: SumsPart): Encoded {
    const { postApplyChecksum } = trailer;
    return { sourceSha256: this.#sourceSha256, pages, postApplyChecksum, rest };
  }
}

/** Decodes a file into an encoder whose output goes to `to`, written on the way. */
async function decodeFile(path: string, decoder: LtxDecoder, to: ImagePayload): Promise<void> {
  const input = await fileInput(path, '');
  try {
    for await (const chunk of input.chunks()) {
      decoder.write(chunk);
      if (to.mustFlush) await to.flush();
    }
  } finally {
    await input.close();
  }
}
