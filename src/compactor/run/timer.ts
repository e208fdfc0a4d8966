/** Calls again and again; the function that it returns ends that. Tests pass one that they drive. */
export interface Timer {
  every(milliseconds: number, run: () => void): () => void;
}

/** By the event loop, which it does not keep alive. */
export const eventLoopTimer: Timer = {
  every(milliseconds, run) {
    const timer = setInterval(run, milliseconds);
    timer.unref();
    return () => clearInterval(timer);
  },
};
