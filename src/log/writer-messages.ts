import type { Head } from '../events/chain.ts';
import type { ErrorShape } from './error-shape.ts';
import type { LogCommand } from './handlers.ts';

/** What the writer's thread is started with. */
export interface WriterWorkerData {
  readonly path: string;
  readonly synchronous: 'FULL' | 'NORMAL';
  /** URL of the module with the handlers, see `HandlersModule`. */
  readonly handlers: string;
  readonly options: unknown;
  readonly migrations: string | undefined;
  readonly now: number;
}

/** One command; `bytes` is what its transferred buffers hold. */
export interface ExecuteMessage {
  readonly kind: 'execute';
  readonly id: number;
  readonly bytes: number;
  readonly command: LogCommand;
}

export interface RebuildMessage {
  readonly kind: 'rebuild';
  readonly id: number;
  readonly name: string | undefined;
}

/** To the writer's thread. */
export type WriterRequest = ExecuteMessage | RebuildMessage | { readonly kind: 'close' };

export type CommandResult =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: ErrorShape };

/** What opening the log found and did. */
export interface OpenedLog {
  readonly head: Head;
  readonly migrations: readonly string[];
  readonly rebuilt: readonly string[];
}

/** From the writer's thread. */
export type WriterReply =
  | { readonly kind: 'opened'; readonly opened: OpenedLog }
  | { readonly kind: 'failed'; readonly error: ErrorShape }
  | { readonly kind: 'results'; readonly results: readonly CommandResult[] }
  | { readonly kind: 'warning'; readonly message: string };
