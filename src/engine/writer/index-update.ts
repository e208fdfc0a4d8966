import type { DatabaseState } from '../../commands/database-state.ts';
import type { IndexFacts } from '../../commands/ingest.ts';
import { databaseStream } from '../../events/index.ts';
import { CHECKSUM_FLAG, EMPTY_CHECKSUM, isSnapshot } from '../../ltx/index.ts';
import type { ContentIndex } from '../../projections/content-index.ts';
import { IndexChange, type PageSet } from '../../projections/index-change.ts';
import type { WriterContext } from './context.ts';
import type { IngestCommand, PageSums } from './messages.ts';
import { stagedPages } from './stage.ts';

/** What a file does to the content index: the facts to decide on, and how to store it once it is accepted. */
export interface IndexUpdate {
  readonly facts: IndexFacts;
  store(stream: string): void;
}

/** Works an admitted file's page checksums out against the index. Nothing of the live index is changed yet. */
export function planIndexUpdate(
  index: ContentIndex,
  state: DatabaseState,
  command: IngestCommand,
): IndexUpdate {
  const { header } = command.file;
  if (header.commit === 0) return emptied(index);
  const { contents } = command.file;
  if (command.pages.kind === 'dense') {
    return staged(index, command.pages.generation, contents.ok ? contents.pages : 0);
  }
  return isSnapshot(header) || state.commit === 0
    ? replaced(index, header.commit, command.pages)
    : changed(index, state, header.commit, command.pages);
}

/** A whole database of `after` pages, `count` of them given, takes over from whatever the index holds. */
export function planReplacement(
  index: ContentIndex,
  after: number,
  count: number,
  pages: PageSums,
): IndexUpdate {
  return pages.kind === 'dense' ? staged(index, pages.generation, count) : replaced(index, after, pages);
}

/** The database was dropped: an empty generation takes over, and the old one is swept later. */
export function emptied(index: ContentIndex): IndexUpdate {
  return {
    facts: { grownPages: 0, computedChecksum: EMPTY_CHECKSUM },
    store: (stream) => index.adopt(index.stage(), stream),
  };
}

/** A whole database whose checksums were staged while it was received. */
function staged(index: ContentIndex, generation: number, grownPages: number): IndexUpdate {
  return {
    facts: { grownPages, computedChecksum: index.xor(generation) | CHECKSUM_FLAG },
    store: (stream) => index.adopt(generation, stream),
  };
}

/** A whole database whose checksums came with the command. */
function replaced(index: ContentIndex, after: number, pages: PageSums): IndexUpdate {
  const change = new IndexChange({
    index,
    generation: null,
    before: 0,
    after,
    pages: pageSets(index, pages),
  });
  return {
    facts: change.measure(0n),
    store: (stream) => {
      const generation = index.stage();
      change.store(generation);
      index.adopt(generation, stream);
    },
  };
}

/** Some pages of a database that has `after` of them from then on. */
export function changed(
  index: ContentIndex,
  state: DatabaseState,
  after: number,
  pages: PageSums,
): IndexUpdate {
  const generation = index.liveGeneration(databaseStream(state.cluster, state.db, state.incarnation));
  if (generation === null) throw new Error('a stream whose index was proven has a generation');
  const change = new IndexChange({
    index,
    generation,
    before: state.commit,
    after,
    pages: pageSets(index, pages),
  });
  return { facts: change.measure(state.pos?.checksum ?? 0n), store: () => change.store(generation) };
}

const pageSets =
  (index: ContentIndex, pages: PageSums): (() => Iterable<PageSet>) =>
  () =>
    pages.kind === 'inline' ? [pages] : stagedPages(index.sql, pages.generation);

/** Whether the index of a database has the checksum of its position; looked at once after each start. */
export function isIndexProven(context: WriterContext, state: DatabaseState): boolean {
  const stream = databaseStream(state.cluster, state.db, state.incarnation);
  if (context.proven.has(stream)) return true;
  const proven = proveIndex(context.index, stream, state);
  if (proven) context.proven.add(stream);
  return proven;
}

function proveIndex(index: ContentIndex, stream: string, state: DatabaseState): boolean {
  if (state.commit === 0) return true;
  const generation = index.liveGeneration(stream);
  return generation !== null && (index.xor(generation) | CHECKSUM_FLAG) === state.pos?.checksum;
}
