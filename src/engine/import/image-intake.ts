import type { DatabaseState } from '../../commands/database-state.ts';
import { planImport, type SourceImage } from '../../commands/decide-import.ts';
import { type Refusal, refuse } from '../../commands/refusal.ts';
import { LfsbError } from '../../errors/index.ts';
import type { Staging } from '../ingest/staging.ts';
import type { PageSums } from '../writer/messages.ts';
import type { ImportJob } from './import-job.ts';
import type { ImportJobOptions } from './import-pool.ts';
import type { Encoded } from './messages.ts';
import {
  readSqliteHeader,
  SQLITE_HEADER_BYTES,
  type SqliteHeader,
  shortFileRefusal,
  trailingRefusal,
  truncatedRefusal,
} from './sqlite-header.ts';

export interface ImageIntakeOptions {
  /** The name's state as the upload begins: its page size is refused early, its journal mode a good guess. */
  readonly state: DatabaseState;
  readonly begin: (options: ImportJobOptions) => ImportJob;
  readonly check: boolean;
  readonly staging: Staging;
}

/** An image that is whole and encoded. */
export interface ReceivedImage {
  readonly kind: 'image';
  readonly image: SourceImage;
  readonly encoded: Encoded;
  readonly pages: PageSums;
  readonly journalModeForced: boolean;
  readonly job: ImportJob;
}

export type Received = ReceivedImage | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Checks an uploaded file as it comes, and passes it on to be encoded. The first fault found is kept. */
export class ImageIntake {
  readonly #options: ImageIntakeOptions;
  #head: Buffer = Buffer.alloc(0);
  #header: SqliteHeader | null = null;
  #journalModeForced = false;
  #sizeBytes = 0;
  #refusal: Refusal | null = null;
  #job: ImportJob | null = null;

  constructor(options: ImageIntakeOptions) {
    this.#options = options;
  }

  /** Why the file cannot be taken; nothing is passed on from there. */
  get refusal(): Refusal | null {
    return this.#refusal;
  }

  async take(chunk: Buffer): Promise<void> {
    if (this.#refusal !== null) return;
    this.#sizeBytes += chunk.byteLength;
    if (this.#header !== null) return this.#pass(chunk, this.#header);
    this.#head = Buffer.concat([this.#head, chunk]);
    if (this.#head.byteLength < SQLITE_HEADER_BYTES) return;
    const header = this.#begin(this.#head);
    if (header !== null) await this.#pass(this.#head, header);
    this.#head = Buffer.alloc(0);
  }

  /** The body is complete. */
  async end(): Promise<Received> {
    if (this.#header === null) this.#refusal ??= shortFileRefusal(this.#head);
    else this.#refusal ??= truncatedRefusal(this.#header, this.#sizeBytes);
    if (this.#refusal !== null) return { kind: 'refused', refusal: this.#refusal };
    if (this.#job === null || this.#header === null) throw new Error('an image without a fault has begun');
    try {
      return await this.#encoded(this.#job, this.#header);
    } catch (error) {
      if (!(error instanceof LfsbError) || error.code !== 'EBADDATABASE') throw error;
      return { kind: 'refused', refusal: refuse(error.code, error.message) };
    }
  }

  /** Whatever became of it, what is not kept goes. */
  async close(keep: boolean): Promise<void> {
    await this.#job?.close(keep);
  }

  #begin(head: Uint8Array): SqliteHeader | null {
    const read = readSqliteHeader(head);
    if (!read.ok) {
      this.#refusal = read.refusal;
      return null;
    }
    const plan = planImport(this.#options.state, read.header);
    if (plan.kind === 'refused') {
      this.#refusal = plan.refusal;
      return null;
    }
    const { pageSize } = read.header;
    this.#header = read.header;
    this.#journalModeForced = plan.place.journalModeForced;
    const { check } = this.#options;
    this.#job = this.#options.begin({ pageSize, check, journalModeForced: this.#journalModeForced });
    return read.header;
  }

  async #pass(bytes: Uint8Array, header: SqliteHeader): Promise<void> {
    this.#refusal = trailingRefusal(header, this.#sizeBytes);
    if (this.#refusal !== null || this.#job === null) return;
    await this.#job.write(bytes);
    for (const part of this.#job.takeSums()) await this.#options.staging.add('dense', part);
  }

  async #encoded(job: ImportJob, { pageSize, journalMode }: SqliteHeader): Promise<ReceivedImage> {
    const encoded = await job.end();
    const { staging } = this.#options;
    for (const part of job.takeSums()) await staging.add('dense', part);
    const image = {
      pageSize,
      journalMode,
      commit: this.#sizeBytes / pageSize,
      sizeBytes: this.#sizeBytes,
      sha256: encoded.sourceSha256,
    };
    const pages = await pagesOf(encoded, staging);
    return { kind: 'image', image, encoded, pages, journalModeForced: this.#journalModeForced, job };
  }
}

/** The page checksums that were not staged go the same way as those that were, or with the command. */
async function pagesOf({ rest }: Encoded, staging: Staging): Promise<PageSums> {
  if (staging.kind === null) return { kind: 'inline', ...rest };
  await staging.add('dense', rest);
  return { kind: 'dense', generation: staging.generation };
}
