/** How much a sender may send before its reader asks for more. */
export class Credit {
  #available = 0;
  #cancelled = false;
  #wake: (() => void) | null = null;

  add(count: number): void {
    this.#available += count;
    this.#wake?.();
  }

  cancel(): void {
    this.#cancelled = true;
    this.#wake?.();
  }

  /** Waits for one; false when the reader wants no more. */
  async take(): Promise<boolean> {
    while (this.#available === 0 && !this.#cancelled) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
    if (this.#cancelled) return false;
    this.#available--;
    return true;
  }
}
