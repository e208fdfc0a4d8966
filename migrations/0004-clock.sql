-- The newest reading of the clocks that was believed: what a start compares its own with. One row.
CREATE TABLE clock_reading (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  wall INTEGER NOT NULL,
  monotonic INTEGER NOT NULL,
  -- Names the start of the machine that `monotonic` counts from; null where the system has no name for it.
  boot_id TEXT,
  -- JSON: [{kind, gapMs, from}], see src/commands/clock-belief.ts.
  doubts TEXT NOT NULL
) STRICT;
