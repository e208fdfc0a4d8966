-- The event log: one append-only table. Everything that is indexed is generated from the canonical text, so
-- that nothing about an event lies outside its hash; virtual, so that no second copy of a value can be edited.

CREATE TABLE event (
  seq INTEGER PRIMARY KEY,
  canonical TEXT NOT NULL,
  digest BLOB NOT NULL CHECK (length(digest) = 32),
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  stream TEXT NOT NULL GENERATED ALWAYS AS (json_extract(canonical, '$.stream')) VIRTUAL,
  version INTEGER NOT NULL GENERATED ALWAYS AS (json_extract(canonical, '$.version')) VIRTUAL,
  type TEXT NOT NULL GENERATED ALWAYS AS (json_extract(canonical, '$.type')) VIRTUAL,
  time INTEGER NOT NULL GENERATED ALWAYS AS (json_extract(canonical, '$.time')) VIRTUAL,
  cluster TEXT GENERATED ALWAYS AS (json_extract(canonical, '$.body.cluster')) VIRTUAL,
  db TEXT GENERATED ALWAYS AS (json_extract(canonical, '$.body.db')) VIRTUAL,
  CHECK (seq = json_extract(canonical, '$.seq'))
) STRICT;

-- Every index ends in seq by itself, the rowid: equality on its columns reads in the log's order.
CREATE UNIQUE INDEX event_stream ON event (stream, version);
CREATE INDEX event_type ON event (type);
CREATE INDEX event_time ON event (time);
CREATE INDEX event_cluster ON event (cluster) WHERE cluster IS NOT NULL;
CREATE INDEX event_database ON event (cluster, db) WHERE db IS NOT NULL;

-- A stretch of the log that is also kept elsewhere: `hash` is the log's at `last_seq`, `verified_at` (ms) is
-- when the copy was read back and found right.
CREATE TABLE seal (
  first_seq INTEGER PRIMARY KEY CHECK (first_seq > 0),
  last_seq INTEGER NOT NULL UNIQUE CHECK (last_seq >= first_seq),
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  verified_at INTEGER
) STRICT;

-- The next number and no other: this is also what stops INSERT OR REPLACE.
CREATE TRIGGER event_appended BEFORE INSERT ON event
WHEN NEW.seq IS NOT coalesce((SELECT max(seq) FROM event), (SELECT max(last_seq) FROM seal), 0) + 1
BEGIN
  SELECT raise(ABORT, 'the log is append-only: not the next sequence number');
END;

CREATE TRIGGER event_unchanged BEFORE UPDATE ON event
BEGIN
  SELECT raise(ABORT, 'the log is append-only: an event is never changed');
END;

CREATE TRIGGER event_kept BEFORE DELETE ON event
WHEN NOT EXISTS (
  SELECT 1 FROM seal WHERE OLD.seq BETWEEN first_seq AND last_seq AND verified_at IS NOT NULL
)
BEGIN
  SELECT raise(ABORT, 'the log is append-only: no verified seal covers the event');
END;

CREATE TRIGGER seal_fits BEFORE INSERT ON seal
WHEN NEW.hash IS NOT (SELECT hash FROM event WHERE seq = NEW.last_seq)
  OR NEW.first_seq IS NOT coalesce((SELECT max(last_seq) FROM seal), 0) + 1
BEGIN
  SELECT raise(ABORT, 'the seal does not continue the one before, or its hash is not the log''s');
END;

CREATE TRIGGER seal_unchanged BEFORE UPDATE OF first_seq, last_seq, hash ON seal
BEGIN
  SELECT raise(ABORT, 'a seal is never changed');
END;

CREATE TRIGGER seal_kept BEFORE DELETE ON seal
BEGIN
  SELECT raise(ABORT, 'a seal is never removed');
END;

-- How far each read model is: `drop_sql` undoes the tables of the version that made them (a JSON list).
CREATE TABLE projection (
  name TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  drop_sql TEXT NOT NULL
) STRICT, WITHOUT ROWID;
