import { type Chunk, PAGES_PER_CHUNK } from '../../projections/content-index.ts';
import type { Sql } from '../../projections/index.ts';
import type { PageSet } from '../../projections/index-change.ts';
import type { WriterContext } from './context.ts';
import type { StageAbandonCommand, StageCommand } from './messages.ts';

/** Pages staged by one command: 64 chunks, about a quarter of a mebibyte of checksums. */
export const STAGE_PAGES_MAX = 64 * PAGES_PER_CHUNK;

export function handleStageBegin(context: WriterContext): { generation: number } {
  return { generation: context.index.stage() };
}

/** Puts page checksums of a whole database where its generation has them: by page number. */
export function handleStageDense(command: StageCommand, { index }: WriterContext): null {
  let number = -1;
  let chunk: Chunk = new BigUint64Array(0);
  for (let i = 0; i < command.numbers.length; i++) {
    const page = (command.numbers[i] ?? 1) - 1;
    const next = Math.floor(page / PAGES_PER_CHUNK);
    if (next !== number) {
      if (number >= 0) index.write(command.generation, number, chunk);
      number = next;
      chunk = index.read(command.generation, next);
    }
    chunk[page % PAGES_PER_CHUNK] = command.sums[i] ?? 0n;
  }
  if (number >= 0) index.write(command.generation, number, chunk);
  return null;
}

/** Keeps page numbers and checksums of a large transaction until it is decided on. */
export function handleStageSparse(command: StageCommand, { sql }: WriterContext): null {
  sql.run(
    'INSERT INTO staged_pages (generation, part, numbers, sums) VALUES (?, ?, ?, ?)',
    command.generation,
    command.part,
    bytesOf(command.numbers),
    bytesOf(command.sums),
  );
  return null;
}

export function handleStageAbandon(command: StageAbandonCommand, { index }: WriterContext): null {
  index.abandon(command.generation);
  return null;
}

/** The staged pages of a generation, part by part, in rising order. */
export function* stagedPages(sql: Sql, generation: number): Generator<PageSet> {
  for (let part = 0; ; part++) {
    const row = sql.get(
      'SELECT numbers, sums FROM staged_pages WHERE generation = ? AND part = ?',
      generation,
      part,
    );
    if (row === undefined) return;
    yield {
      numbers: new Uint32Array(aligned(row['numbers'] as Uint8Array)),
      sums: new BigUint64Array(aligned(row['sums'] as Uint8Array)),
    };
  }
}

const bytesOf = (view: Uint32Array | BigUint64Array): Buffer =>
  Buffer.from(view.buffer, view.byteOffset, view.byteLength);

const aligned = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;
