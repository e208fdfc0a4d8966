import { unknownDatabase } from '../../commands/database-state.ts';
import { decideImport } from '../../commands/decide-import.ts';
import { databaseStream } from '../../events/index.ts';
import { loadDatabase } from '../../projections/databases.ts';
import type { WriterContext } from './context.ts';
import { planReplacement } from './index-update.ts';
import type { ImportCommand, ImportResult } from './messages.ts';
import { refuseIngest } from './refuse.ts';

/**
 * Decides on a database that was uploaded, and carries the decision out: events, index and payload in one
 * transaction. What was staged stays staged when the position has moved: the same pages come again.
 */
export function handleImport(command: ImportCommand, context: WriterContext): ImportResult {
  const { cluster, db, file, actor } = command;
  const now = context.clock.observe(command.clock);
  const meta = { time: now.wall, actor };
  const state = loadDatabase(context.sql, cluster, db) ?? unknownDatabase(cluster, db);
  const update = planReplacement(context.index, file.source.commit, file.pages, command.pages);
  const decision = decideImport({ state, file, facts: update.facts, now });
  if (decision.kind === 'moved') return decision;
  if (decision.kind === 'refused') return refuseIngest(context, state, null, decision.refusal, meta);
  const stream = databaseStream(cluster, db, decision.incarnation);
  const created = state.pos === null;
  const version = created ? 0 : context.store.version(stream);
  const received = { ...meta, time: now.received };
  const events = context.store.append(stream, version, [...decision.events], received);
  update.store(stream);
  context.proven.add(stream);
  const seq = events.at(-1)?.seq ?? 0;
  if (command.bytes !== null) {
    context.sql.run('INSERT INTO payload_bytes (seq, bytes) VALUES (?, ?)', seq, command.bytes);
  }
  return {
    kind: 'accepted',
    created,
    pos: { txid: file.place.txid, checksum: file.postApplyChecksum },
    journalModeForced: file.place.journalModeForced,
  };
}
