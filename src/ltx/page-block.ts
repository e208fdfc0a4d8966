/** The part of a decoder between header and trailer: it takes the page block as it is written in the file. */
export interface PageBlockReader {
  /** The page block is over: what follows is the trailer. */
  readonly done: boolean;

  /**
   * Takes bytes of `chunk` from index `from` on, at least one and no more than deliver one batch of pages.
   * @param offset byte offset in the file of `chunk[from]`
   * @returns the index after what was taken
   * @throws LtxError
   */
  write(chunk: Uint8Array, from: number, offset: number): number;
}

/** The next multiple of 8, where checksums may begin in scratch memory. */
export function alignTo8(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
