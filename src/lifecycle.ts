/** A failure that ends the server, raised at most once. */
export class Failure {
  raise!: (error: Error) => void;
  readonly promise = new Promise<never>((_resolve, reject) => {
    this.raise = reject;
  });

  constructor() {
    this.promise.catch(() => {});
  }
}

/** What was opened, to be closed in the opposite order; every step is tried, and the first error is thrown. */
export class CleanupStack {
  readonly #steps: Array<() => Promise<void>> = [];

  add(step: () => Promise<unknown>): void {
    this.#steps.push(async () => {
      await step();
    });
  }

  async run(): Promise<void> {
    let failed: { error: unknown } | null = null;
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      await step().catch((error: unknown) => {
        failed ??= { error };
      });
    }
    if (failed !== null) throw (failed as { error: unknown }).error;
  }
}
