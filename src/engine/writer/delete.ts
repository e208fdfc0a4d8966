import { unknownDatabase } from '../../commands/database-state.ts';
import { decideDelete } from '../../commands/decide-delete.ts';
import { databaseStream } from '../../events/index.ts';
import { loadDatabase } from '../../projections/databases.ts';
import type { WriterContext } from './context.ts';
import type { DeleteCommand, DeleteResult } from './messages.ts';
import { beginPurges } from './storage-purge.ts';

/**
 * Ends a database: the event first; its page checksums and payloads are dead then, and swept in small steps, and
 * what replicas hold of it is deleted in the background.
 */
export function handleDelete(command: DeleteCommand, context: WriterContext): DeleteResult {
  const { cluster, db, actor } = command;
  const now = context.clock.observe(command.clock);
  const state = loadDatabase(context.sql, cluster, db) ?? unknownDatabase(cluster, db);
  const decision = decideDelete(state);
  if (decision.kind === 'refused') return decision;
  const stream = databaseStream(cluster, db, state.incarnation);
  context.sql.run('INSERT INTO dead_payload SELECT seq, spool_name FROM payload WHERE stream = ?', stream);
  const meta = { time: now.wall, actor };
  const events = context.store.append(stream, context.store.version(stream), decision.events, meta);
  const seq = events.at(-1)?.seq ?? 0;
  beginPurges(context, { cluster, db, incarnation: state.incarnation, seq }, now.wall);
  context.index.release(stream);
  context.proven.delete(stream);
  return { kind: 'accepted', pos: state.pos };
}
