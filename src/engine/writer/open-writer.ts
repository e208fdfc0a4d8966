import { LfsbError } from '../../errors/index.ts';
import { LogWriter } from '../../log/index.ts';
import type { Logger } from '../../logging.ts';
import { workerUrl } from '../../worker-url.ts';
import type { DataDirectory } from '../data-directory.ts';
import type { EngineWriter } from './client.ts';
import type { WriterOptions } from './handlers.ts';

export interface OpenWriterOptions {
  readonly directory: DataDirectory;
  readonly synchronous: 'FULL' | 'NORMAL';
  readonly log: Logger;
  /** Told to the handlers. */
  readonly options: WriterOptions;
  /** Nothing can be written any more. */
  readonly onFatal: (error: Error) => void;
}

export interface OpenedWriter extends EngineWriter {
  /** Finishes what is in flight. */
  close(): Promise<void>;
}

/**
 * Starts the log's writer with the engine's handlers, and says what opening the log did.
 * @throws LfsbError `EDATADIR`
 */
export async function openWriter({
  directory,
  synchronous,
  log,
  options,
  onFatal,
}: OpenWriterOptions): Promise<OpenedWriter> {
  try {
    const handlers = workerUrl(import.meta.url, './handlers.ts');
    const onWarning = (message: string): void => log.warn(message);
    const writer = await LogWriter.start({
      path: directory.database,
      handlers,
      options,
      synchronous,
      onFatal,
      onWarning,
    });
    const { migrations, rebuilt } = writer.opened;
    if (migrations.length > 0) log.info({ migrations }, 'log migrated');
    if (rebuilt.length > 0) log.info({ projections: rebuilt }, 'projections rebuilt');
    return {
      execute: (command, transfer) => writer.execute({ ...command }, transfer),
      close: () => writer.close(),
    };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new LfsbError('EDATADIR', `cannot open the log in ${directory.root}: ${why}`, { cause });
  }
}
