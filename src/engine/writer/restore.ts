import { type DatabaseState, unknownDatabase } from '../../commands/database-state.ts';
import { decideRestore, isStillThere } from '../../commands/decide-restore.ts';
import { databaseStream } from '../../events/index.ts';
import { loadDatabase } from '../../projections/databases.ts';
import type { WriterContext } from './context.ts';
import { changed, emptied, type IndexUpdate, isIndexProven, planReplacement } from './index-update.ts';
import type { RestoreCommand, RestoreResult } from './messages.ts';
import { refuseIngest } from './refuse.ts';

/**
 * Decides on a restore that was built, and carries the decision out: event, index and payload in one transaction.
 * What was staged stays staged when the position has moved: the same pages may come again.
 */
export function handleRestore(command: RestoreCommand, context: WriterContext): RestoreResult {
  const { cluster, db, file, actor } = command;
  const now = context.clock.observe(command.clock);
  const meta = { time: now.wall, actor };
  const state = loadDatabase(context.sql, cluster, db) ?? unknownDatabase(cluster, db);
  if (!isStillThere(state, file)) return { kind: 'moved' };
  if (!command.whole && !isIndexProven(context, state)) return { kind: 'unproven' };
  const update = planUpdate(command, context, state);
  const decision = decideRestore({ state, file, facts: update.facts, now });
  if (decision.kind === 'refused') return refuseIngest(context, state, null, decision.refusal, meta);
  const stream = databaseStream(cluster, db, state.incarnation);
  const version = context.store.version(stream);
  const received = { ...meta, time: now.received };
  const events = context.store.append(stream, version, [...decision.events], received);
  update.store(stream);
  context.proven.add(stream);
  if (command.bytes !== null) {
    const seq = events.at(-1)?.seq ?? 0;
    context.sql.run('INSERT INTO payload_bytes (seq, bytes) VALUES (?, ?)', seq, command.bytes);
  }
  // What was staged apart from its generation has been applied to the live one.
  if (command.pages.kind === 'sparse') context.index.abandon(command.pages.generation);
  return { kind: 'accepted', pos: { txid: file.onto.txid + 1n, checksum: file.postApplyChecksum } };
}

function planUpdate(
  { file, pages, whole }: RestoreCommand,
  { index }: WriterContext,
  state: DatabaseState,
): IndexUpdate {
  const { commit } = file.target;
  if (commit === 0) return emptied(index);
  return whole ? planReplacement(index, commit, file.pages, pages) : changed(index, state, commit, pages);
}
