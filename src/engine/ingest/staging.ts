import type { EngineWriter } from '../writer/client.ts';

/** Hands the page checksums of a large file to the log's writer in parts, ahead of the commit. */
export class Staging {
  readonly #writer: EngineWriter;
  #generation: number | null = null;
  #kind: 'dense' | 'sparse' | null = null;
  #part = 0;

  constructor(writer: EngineWriter) {
    this.#writer = writer;
  }

  /** Whether anything was ever staged, though it may have been given up: there is something to sweep then. */
  get used(): boolean {
    return this.#part > 0;
  }

  /** What was staged, or null when nothing was. */
  get kind(): 'dense' | 'sparse' | null {
    return this.#kind;
  }

  /** The generation that was staged; only when `kind` is not null. */
  get generation(): number {
    if (this.#generation === null) throw new Error('nothing was staged');
    return this.#generation;
  }

  async add(
    kind: 'dense' | 'sparse',
    pages: { numbers: Uint32Array<ArrayBuffer>; sums: BigUint64Array<ArrayBuffer> },
  ): Promise<void> {
    if (this.#generation === null) {
      const begun = await this.#writer.execute({ type: 'stage.begin' });
      this.#generation = begun.generation;
      this.#kind = kind;
    }
    const command = {
      type: `stage.${kind}`,
      generation: this.#generation,
      part: this.#part,
      ...pages,
    } as const;
    this.#part++;
    await this.#writer.execute(command, [pages.numbers.buffer, pages.sums.buffer]);
  }

  /** The file was not received to its end: gives up what was staged. */
  async abandon(): Promise<void> {
    if (this.#generation === null) return;
    await this.#writer.execute({ type: 'stage.abandon', generation: this.#generation });
    this.#generation = null;
    this.#kind = null;
  }
}
