/**
 * A small domain for the log's tests, in plain JavaScript so that the writer's thread can import it: streams
 * `db/toy/{db}/1` of `database.created` events, and a read model that counts and remembers them.
 */
export const toyProjection = {
  name: 'toy',
  version: 1,
  tables: [
    'CREATE TABLE toy (db TEXT PRIMARY KEY, events INTEGER NOT NULL, last_seq INTEGER NOT NULL) STRICT',
  ],
  drop: ['DROP TABLE IF EXISTS toy'],
  apply(sql, event) {
    if (event.type !== 'database.created') return;
    sql.run(
      `INSERT INTO toy VALUES (?, 1, ?)
       ON CONFLICT (db) DO UPDATE SET events = events + 1, last_seq = excluded.last_seq`,
      event.body.db,
      event.seq,
    );
  },
};

export const projections = [toyProjection];

export const toyStream = (db) => `db/toy/${db}/1`;

export const toyDraft = (db, pageSize = 4096) => ({
  type: 'database.created',
  body: { cluster: 'toy', db, incarnation: 1, pageSize },
});

export const toyActor = { cluster: 'toy', token: 'anonymous', address: '127.0.0.1', request: null };

/** Appends `count` events to the stream of `db`, then does as `ending` says: return, refuse or throw. */
function create(
  { db, count = 1, time = 1_700_000_000_000, ending = 'return', expected, padding },
  { store, sql },
) {
  const stream = toyStream(db);
  const version = expected ?? store.version(stream);
  if (ending === 'refuse') return { refused: true };
  const drafts = Array.from({ length: count }, () => toyDraft(db));
  const events = store.append(stream, version, drafts, { time, actor: toyActor });
  if (padding) {
    sql.run('INSERT INTO payload_bytes VALUES (?, ?)', events[0].seq, new Uint8Array(padding));
  }
  if (ending === 'throw') throw new Error('thrown on purpose');
  return { seqs: events.map(({ seq }) => seq) };
}

export const handlers = {
  create,
  version: ({ db }, { store }) => store.version(toyStream(db)),
  size: ({ bytes }) => bytes.byteLength,
  uncloneable: () => () => 1,
  die: () =>
    process.nextTick(() => {
      throw new Error('the thread dies');
    }),
};

export const createHandlers = (_context, options) => {
  if (options?.failToStart) throw new Error('no handlers today');
  return handlers;
};
