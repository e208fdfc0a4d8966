-- Bytes that events name but do not hold. They are checked against the log, and never rebuilt from it.

-- Payloads small enough to ride in the commit that names them, by the sequence number of their event.
CREATE TABLE payload_bytes (
  seq INTEGER PRIMARY KEY,
  bytes BLOB NOT NULL
) STRICT;

-- The content index: a generation holds the page checksums of one database. A stream has at most one live
-- generation; staged ones belong to an ingest that has not committed, dead ones wait to be swept.
CREATE TABLE index_generation (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  stream TEXT UNIQUE,
  state TEXT NOT NULL CHECK (state IN ('staged', 'live', 'dead')),
  CHECK ((state = 'live') = (stream IS NOT NULL))
) STRICT;

-- 480 checksums of 8 bytes each (little-endian, zero where there is no page) under
-- generation * 2^24 + chunk: 3,840 bytes fit one 4 KiB page of a plain rowid table without an overflow page.
CREATE TABLE page_checksums (
  id INTEGER PRIMARY KEY,
  sums BLOB NOT NULL
) STRICT;

-- Page numbers and checksums of a large transaction on its way in, in parts.
CREATE TABLE staged_pages (
  generation INTEGER NOT NULL REFERENCES index_generation (id),
  part INTEGER NOT NULL,
  numbers BLOB NOT NULL,
  sums BLOB NOT NULL,
  PRIMARY KEY (generation, part)
) STRICT;

-- Payloads whose database is deleted: their bytes go in small steps.
CREATE TABLE dead_payload (
  seq INTEGER PRIMARY KEY,
  spool_name TEXT
) STRICT;
