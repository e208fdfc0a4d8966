-- Effects outside of SQLite that are under way: the row first, then the effect, then the event of what came of
-- it. A row without an outcome is finished or undone after a crash. Keys are what the file is, so a put that is
-- taken up again writes the same object.
--
-- put: a file is being stored. undo: a file that must not be there is deleted. expire: a file that nothing needs
-- any more is deleted. purge: all of a deleted database is deleted; its key is the tombstone's.
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL CHECK (kind IN ('put', 'undo', 'expire', 'purge')),
  replica TEXT NOT NULL,
  cluster TEXT NOT NULL,
  db TEXT NOT NULL,
  incarnation INTEGER NOT NULL,
  key TEXT NOT NULL,
  level INTEGER,
  min_txid TEXT,
  max_txid TEXT,
  reason TEXT NOT NULL,
  -- When it was begun, ms.
  begun_at INTEGER NOT NULL,
  -- When an attempt last ended without a known outcome, ms: it may still take effect late.
  failed_at INTEGER,
  -- How far a purge is; null for the others.
  step TEXT CHECK (step IN ('tombstone', 'objects', 'settle')),
  CHECK ((kind = 'purge') = (step IS NOT NULL)),
  CHECK ((kind = 'purge') = (level IS NULL)),
  UNIQUE (replica, key)
) STRICT;

CREATE INDEX outbox_name ON outbox (replica, cluster, db);
