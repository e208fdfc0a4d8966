import type { Kernels } from './kernels/kernels.ts';
import { createPlainKernels } from './kernels/plain.ts';

let shared: Kernels | undefined;

/**
 * The hot loops, and the scratch memory that everything on this thread shares. Whoever uses it lays it out
 * anew in every synchronous call, and keeps nothing in it.
 */
export function codecKernels(): Kernels {
  shared ??= createPlainKernels();
  return shared;
}
