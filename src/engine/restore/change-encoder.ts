import {
  type Checksum,
  type LtxHeader,
  type LtxOutline,
  PAGE_NUMBER_BYTES,
  relabel,
  writePageNumber,
} from '../../ltx/index.ts';
import { ImageEncoder } from '../import/image-encoder.ts';
import { ImagePayload } from '../import/image-payload.ts';
import type { Sealed, SumsPart } from '../import/messages.ts';
import { PageSumBuffer } from '../ingest/page-sums.ts';
import { STAGE_PAGES_MAX } from '../writer/stage.ts';

export interface ChangeEncoderOptions {
  readonly spoolDirectory: string;
  readonly pageSize: number;
  /** Takes page checksums as soon as there are enough of them to be staged; resolves when there may be more. */
  readonly stage: (part: SumsPart) => Promise<void>;
}

/** Makes an LTX file of single pages, in rising order and bounded memory; its header comes when it is sealed. */
export class ChangeEncoder {
  readonly #stage: ChangeEncoderOptions['stage'];
  readonly #payload: ImagePayload;
  readonly #encoder: ImageEncoder;
  readonly #sums = new PageSumBuffer();
  readonly #frame: Uint8Array;
  readonly #number = new Uint32Array(1);
  #outline: LtxOutline | null = null;

  constructor({ spoolDirectory, pageSize, stage }: ChangeEncoderOptions) {
    const payload = new ImagePayload(spoolDirectory);
    const sums = this.#sums;
    this.#stage = stage;
    this.#payload = payload;
    this.#frame = new Uint8Array(PAGE_NUMBER_BYTES + pageSize);
    this.#encoder = new ImageEncoder(
      pageSize,
      (chunk) => payload.add(chunk),
      (pageNumbers, added) => sums.add({ count: added.length, pageNumbers, sums: added }),
    );
  }

  /** Adds a page, whose bytes may be used again afterwards. */
  page(number: number, content: Uint8Array): void {
    writePageNumber(this.#frame, 0, number);
    this.#frame.set(content, PAGE_NUMBER_BYTES);
    this.#number[0] = number;
    this.#encoder.frames(this.#frame, this.#number, 1);
  }

  /** Whether there is enough to be put away: asked first, it saves a turn of the event loop for each page. */
  get mustPutAway(): boolean {
    return this.#payload.mustFlush || this.#sums.count >= STAGE_PAGES_MAX;
  }

  async putAway(): Promise<void> {
    if (this.#sums.count >= STAGE_PAGES_MAX) await this.#stage(this.#sums.take());
    if (this.#payload.mustFlush) await this.#payload.flush();
  }

  /**
   * All pages were added.
   * @param postApplyChecksum that of the pages themselves unless given
   */
  async end(postApplyChecksum?: Checksum): Promise<{ outline: LtxOutline; rest: SumsPart }> {
    const outline = this.#encoder.end(postApplyChecksum);
    await this.#payload.end();
    this.#outline = outline;
    return { outline, rest: this.#sums.take() };
  }

  /** Gives the file a header and makes it durable. May be done again. */
  seal(header: LtxHeader): Promise<Sealed> {
    if (this.#outline === null) throw new Error('a file is sealed after it has ended');
    return this.#payload.seal(relabel(this.#outline, header));
  }

  discard(): Promise<void> {
    return this.#payload.discard();
  }
}
