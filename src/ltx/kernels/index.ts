import type { Kernels } from './kernels.ts';
import { createWasmKernels } from './wasm.ts';

export { type Kernels, LZ4_SLACK_BYTES, XXH32_STATE_BYTES } from './kernels.ts';

let shared: Kernels | undefined;

/** The kernels that all of a thread shares, made at the first call: their memory grows once, not per file. */
export function kernels(): Kernels {
  shared ??= createWasmKernels();
  return shared;
}
