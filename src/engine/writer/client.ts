import type { WriterCommands } from './messages.ts';

/** The log's writer as the engine sees it: a command in, its answer after the commit. */
export interface EngineWriter {
  execute<K extends keyof WriterCommands>(
    command: WriterCommands[K]['command'] & { readonly type: K },
    transfer?: ArrayBuffer[],
  ): Promise<WriterCommands[K]['result']>;
}
