import type { ClockReading } from '../../commands/clock.ts';
import type { DatabaseState } from '../../commands/database-state.ts';
import { type ImportedFile, type ImportPlace, planImport } from '../../commands/decide-import.ts';
import { LfsbError } from '../../errors/index.ts';
import type { Actor } from '../../events/index.ts';
import { FLAG_COMPRESSED, type LtxHeader } from '../../ltx/index.ts';
import type { Staging } from '../ingest/staging.ts';
import type { EngineWriter } from '../writer/client.ts';
import type { ImportResult, IngestRefused, PageSums } from '../writer/messages.ts';
import type { ReceivedImage } from './image-intake.ts';
import { IMPORT_MOVES_MAX } from './limits.ts';
import type { Encoded } from './messages.ts';

export type ImportOutcome = Extract<ImportResult, { kind: 'accepted' }> | IngestRefused;

export interface CommitOptions {
  readonly writer: EngineWriter;
  readonly clock: () => ClockReading;
  readonly staging: Staging;
  /** The name's state now that the image is whole. */
  readonly state: DatabaseState;
  readonly received: ReceivedImage;
  readonly actor: Actor;
}

/**
 * Makes an encoded image the next transaction of its name. The name may move meanwhile, then the file is made
 * for the new place: another header and trailer, and all of it again only where page 1 has to be another.
 * @throws LfsbError `EUNAVAILABLE` when it moves again and again
 */
export async function commitImport(options: CommitOptions): Promise<ImportOutcome> {
  const { writer, clock, state, received, actor } = options;
  const plan = planImport(state, received.image);
  if (plan.kind === 'refused') {
    const { cluster, db } = state;
    return writer.execute({ type: 'refuse', cluster, db, actor, clock: clock(), refusal: plan.refusal });
  }
  let encoding: Encoding = received;
  let { place } = plan;
  for (let moves = 0; moves <= IMPORT_MOVES_MAX; moves++) {
    if (encoding.journalModeForced !== place.journalModeForced) {
      encoding = await recode(options, encoding.pages, place.journalModeForced);
    }
    const result = await attempt(options, encoding, place);
    if (result.kind !== 'moved') return result;
    place = result.place;
  }
  const message = `the database moved ${IMPORT_MOVES_MAX + 1} times while the import was made ready for it`;
  throw new LfsbError('EUNAVAILABLE', message, { hint: 'try again while fewer transactions come' });
}

/** What the thread has made of the image. */
type Encoding = Pick<ReceivedImage, 'encoded' | 'pages' | 'journalModeForced'>;

async function recode(
  { received, staging }: CommitOptions,
  pages: PageSums,
  journalModeForced: boolean,
): Promise<Encoding> {
  const encoded = await received.job.recode(journalModeForced);
  return { encoded, pages: await withPageOne(pages, encoded, staging), journalModeForced };
}

/** The page checksums with that of a page 1 that was encoded again. */
async function withPageOne(pages: PageSums, { rest }: Encoded, staging: Staging): Promise<PageSums> {
  if (pages.kind === 'inline') {
    const sums = pages.sums.slice();
    sums.set(rest.sums);
    return { ...pages, sums };
  }
  await staging.add('dense', rest);
  return pages;
}

async function attempt(
  { writer, clock, state, received, actor }: CommitOptions,
  { encoded, pages }: Encoding,
  place: ImportPlace,
): Promise<ImportResult> {
  const { image, job } = received;
  const timestamp = clock().wall;
  const { bytes, ...sealed } = await job.seal(headerOf(image, place, timestamp));
  const file: ImportedFile = {
    ...sealed,
    source: image,
    place,
    pages: encoded.pages,
    postApplyChecksum: encoded.postApplyChecksum,
    timestamp,
  };
  const { cluster, db } = state;
  try {
    return await writer.execute({ type: 'import', cluster, db, file, pages, bytes, actor, clock: clock() });
  } catch (error) {
    // Whether the commit happened is not known here: the file stays, and the next start sweeps it if not.
    await job.close(true);
    throw error;
  }
}

const headerOf = (
  { pageSize, commit }: ReceivedImage['image'],
  { txid, preApplyChecksum }: ImportPlace,
  timestamp: number,
): LtxHeader => ({
  flags: FLAG_COMPRESSED,
  pageSize,
  commit,
  minTxid: txid,
  maxTxid: txid,
  timestampMs: BigInt(Math.trunc(timestamp)),
  preApplyChecksum,
  walOffset: 0n,
  walSize: 0n,
  walSalt1: 0,
  walSalt2: 0,
  nodeId: 0n,
});
