-- The log goes to every replica in segments. What is there, and in a checkpoint as well, may leave this table:
-- `seal` becomes an index of segments for each replica (nothing was written to it before).
DROP TRIGGER event_kept;
DROP TRIGGER event_appended;
DROP TABLE seal;

-- The last event that has left: what the first one still here is chained to. A log that is rebuilt begins there.
CREATE TABLE log_border (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  seq INTEGER NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
INSERT INTO log_border VALUES (1, 0, zeroblob(32));

-- The version of each stream of which events have left, at the border.
CREATE TABLE log_stream (
  stream TEXT PRIMARY KEY,
  version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The replicas as the log knows them. A null ordinal: not in the configuration now.
CREATE TABLE log_place (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  ordinal INTEGER,
  required INTEGER NOT NULL
) STRICT;

-- Which stretch of the log is in which object of a replica. `hash` is the log's at `last_seq`; `keys` a filter of
-- the streams, types and databases in it; `text_bytes` what its events take; times are ms. It is how events that
-- have left are found, so it is no projection: it could not be rebuilt from them.
CREATE TABLE log_segment (
  place INTEGER NOT NULL REFERENCES log_place (id),
  last_seq INTEGER NOT NULL,
  first_seq INTEGER NOT NULL CHECK (first_seq BETWEEN 1 AND last_seq),
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  time_min INTEGER NOT NULL,
  time_max INTEGER NOT NULL,
  text_bytes INTEGER NOT NULL,
  keys BLOB NOT NULL,
  sealed_at INTEGER NOT NULL,
  PRIMARY KEY (place, last_seq)
) STRICT, WITHOUT ROWID;

-- Checkpoints of the projections that are in the data directory: `seq` is the last event they followed.
CREATE TABLE log_base (
  seq INTEGER PRIMARY KEY,
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  made_at INTEGER NOT NULL
) STRICT;

-- Checkpoints on replicas. One whose deletion has begun counts no more.
CREATE TABLE log_checkpoint (
  place INTEGER NOT NULL REFERENCES log_place (id),
  seq INTEGER NOT NULL,
  stored_at INTEGER NOT NULL,
  is_expiring INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (place, seq)
) STRICT, WITHOUT ROWID;

-- The outbox of sealing: what is being put to a replica, one object at a time. A put without an outcome is taken
-- up again with the same key.
CREATE TABLE log_put (
  place INTEGER PRIMARY KEY REFERENCES log_place (id),
  kind TEXT NOT NULL CHECK (kind IN ('segment', 'checkpoint')),
  first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  begun_at INTEGER NOT NULL
) STRICT;

-- The next number and no other: this is also what stops INSERT OR REPLACE.
CREATE TRIGGER event_appended BEFORE INSERT ON event
WHEN NEW.seq IS NOT coalesce((SELECT max(seq) FROM event), (SELECT seq FROM log_border)) + 1
BEGIN
  SELECT raise(ABORT, 'the log is append-only: not the next sequence number');
END;

-- Events leave from the first on, and only what every required replica has in a segment, and follows from a
-- checkpoint that they and the data directory have.
CREATE TRIGGER event_kept BEFORE DELETE ON event
BEGIN
  SELECT raise(ABORT, 'the log is append-only: events leave in their order')
  WHERE OLD.seq IS NOT (SELECT seq FROM log_border) + 1;
  SELECT raise(ABORT, 'the log is append-only: no verified seal covers the event')
  WHERE NOT EXISTS (SELECT 1 FROM log_place WHERE required = 1)
    OR EXISTS (
      SELECT 1 FROM log_place p WHERE p.required = 1 AND OLD.seq > min(
        coalesce((SELECT max(last_seq) FROM log_segment WHERE place = p.id), 0),
        coalesce((SELECT max(seq) FROM log_checkpoint WHERE place = p.id AND is_expiring = 0), 0)))
    OR OLD.seq > coalesce((SELECT max(seq) FROM log_base), 0);
  INSERT INTO log_stream VALUES (OLD.stream, OLD.version)
    ON CONFLICT (stream) DO UPDATE SET version = excluded.version;
  UPDATE log_border SET seq = OLD.seq, hash = OLD.hash;
END;

CREATE TRIGGER border_moves BEFORE UPDATE ON log_border
WHEN NEW.hash IS NOT (SELECT hash FROM event WHERE seq = NEW.seq) AND EXISTS (SELECT 1 FROM event)
BEGIN
  SELECT raise(ABORT, 'the border moves to an event that is here');
END;

CREATE TRIGGER border_kept BEFORE DELETE ON log_border
BEGIN
  SELECT raise(ABORT, 'the border is never removed');
END;

CREATE TRIGGER segment_fits BEFORE INSERT ON log_segment
WHEN NEW.first_seq IS NOT coalesce((SELECT max(last_seq) FROM log_segment WHERE place = NEW.place), 0) + 1
  OR (NEW.last_seq > (SELECT seq FROM log_border)
    AND NEW.hash IS NOT (SELECT hash FROM event WHERE seq = NEW.last_seq))
BEGIN
  SELECT raise(ABORT, 'the segment does not continue the one before, or its hash is not the log''s');
END;

CREATE TRIGGER segment_unchanged BEFORE UPDATE ON log_segment
BEGIN
  SELECT raise(ABORT, 'a segment is never changed');
END;

CREATE TRIGGER segment_kept BEFORE DELETE ON log_segment
BEGIN
  SELECT raise(ABORT, 'a segment is never removed');
END;
