import { readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkpointDirectory } from '../../src/log/checkpoint/files.ts';
import { trim } from '../../src/log/trim.ts';
import type { Projection } from '../../src/projections/projection.ts';
import { appendToys, logPath, openToyLog, toyRows } from './support/log-folder.ts';
import { checkpointToys } from './support/seal.ts';
import { toyProjection } from './support/toy-log.mjs';

const names: Projection = {
  name: 'names',
  version: 1,
  tables: ['CREATE TABLE names (stream TEXT PRIMARY KEY) STRICT'],
  drop: ['DROP TABLE IF EXISTS names'],
  apply: (sql, event) => void sql.run('INSERT OR IGNORE INTO names VALUES (?)', event.stream),
};

/** A log with three events whose toy projection followed them. */
function closedLog(): string {
  const path = logPath();
  const log = openToyLog({ path });
  expect(log.opened.rebuilt).toEqual(['toy']);
  appendToys(log, 'a', 'b', 'a');
  log.close();
  return path;
}

describe('projections', () => {
  it('that follow the log are left as they are', () => {
    const log = openToyLog({ path: closedLog() });
    expect(log.opened.rebuilt).toEqual([]);
    expect(toyRows(log)).toHaveLength(2);
  });

  it('that are new are built from the first event on', () => {
    const log = openToyLog({ path: closedLog(), projections: [toyProjection, names] });
    expect(log.opened.rebuilt).toEqual(['names']);
    expect(log.sql.all('SELECT * FROM names')).toHaveLength(2);
  });

  it('are rebuilt when their version changes, and the tables of the old one go', () => {
    const path = closedLog();
    const renamed: Projection = {
      ...toyProjection,
      version: 2,
      tables: ['CREATE TABLE toy_counts (n INTEGER NOT NULL) STRICT', 'INSERT INTO toy_counts VALUES (0)'],
      drop: ['DROP TABLE IF EXISTS toy_counts'],
      apply: (sql) => void sql.run('UPDATE toy_counts SET n = n + 1'),
    };
    const log = openToyLog({ path, projections: [renamed] });
    expect(log.opened.rebuilt).toEqual(['toy']);
    expect(log.sql.get('SELECT n FROM toy_counts')).toEqual({ n: 3 });
    expect(log.sql.get("SELECT 1 AS there FROM sqlite_schema WHERE name = 'toy'")).toBeUndefined();
  });

  it.each([2, 4])('are rebuilt when they are at event %i of 3', (seq) => {
    const path = closedLog();
    const damaged = openToyLog({ path });
    damaged.sql.run('UPDATE projection SET seq = ?', seq);
    damaged.sql.run('DELETE FROM toy');
    damaged.close();
    const log = openToyLog({ path });
    expect(log.opened.rebuilt).toEqual(['toy']);
    expect(toyRows(log)).toHaveLength(2);
  });

  it('that are no longer known are removed, and are built again when they come back', () => {
    const path = closedLog();
    const without = openToyLog({ path, projections: [] });
    appendToys(without, 'c');
    expect(without.sql.get("SELECT 1 AS there FROM sqlite_schema WHERE name = 'toy'")).toBeUndefined();
    without.close();
    expect(toyRows(openToyLog({ path }))).toHaveLength(3);
  });

  it('are rebuilt on demand, one by name, and an unknown name is refused', () => {
    const log = openToyLog({ path: closedLog() });
    const before = toyRows(log);
    log.sql.run('DELETE FROM toy');
    log.rebuild('toy');
    expect(toyRows(log)).toEqual(before);
    expect(() => log.rebuild('paint')).toThrow(RangeError);
  });

  it('are left as they were when a rebuild fails', () => {
    let isBroken = false;
    const breakable: Projection = {
      ...toyProjection,
      apply(sql, event) {
        if (isBroken && event.seq === 2) throw new Error('broken');
        toyProjection.apply(sql, event);
      },
    };
    const log = openToyLog({ path: closedLog(), projections: [breakable] });
    const before = toyRows(log);
    isBroken = true;
    expect(() => log.rebuild()).toThrow('broken');
    expect(toyRows(log)).toEqual(before);
  });

  describe('of a log that events have left', () => {
    /** Three events, of which two have left for a checkpoint at the second, and one more. */
    function trimmed(): string {
      const path = closedLog();
      const log = openToyLog({ path });
      appendToys(log, 'c');
      const through = checkpointToys(log);
      appendToys(log, 'a', 'd');
      trim(log.sql, through);
      log.close();
      return path;
    }

    it('are rebuilt from the checkpoint and what came after it', () => {
      const log = openToyLog({ path: trimmed() });
      const before = toyRows(log);
      expect(before).toHaveLength(4);
      log.sql.run('DELETE FROM toy');
      log.rebuild();
      expect(toyRows(log)).toEqual(before);
      expect(log.sql.all('PRAGMA database_list')).toHaveLength(1);
    });

    it('go to a new version as the release says, or not at all', () => {
      const path = trimmed();
      const next: Projection = { ...toyProjection, version: 2 };
      expect(() => openToyLog({ path, projections: [next] })).toThrow(
        expect.objectContaining({ code: 'EMIGRATION', message: expect.stringContaining('toy 2') }),
      );
      const lifted: Projection = {
        ...next,
        fromCheckpoint: { 1: ['INSERT INTO toy SELECT db, events * 10, last_seq FROM base.projection_toy'] },
      };
      const log = openToyLog({ path, projections: [lifted] });
      expect(log.opened.rebuilt).toEqual(['toy']);
      expect(log.sql.all('SELECT db, events FROM toy ORDER BY db')).toEqual([
        { db: 'a', events: 21 },
        { db: 'b', events: 10 },
        { db: 'c', events: 10 },
        { db: 'd', events: 1 },
      ]);
    });

    it('say which checkpoint they lack when it is gone, and nothing is lost', () => {
      const path = trimmed();
      const names = readdirSync(checkpointDirectory(path));
      for (const name of names) renameSync(join(checkpointDirectory(path), name), join(path, '..', name));
      const next: Projection = { ...toyProjection, version: 2, fromCheckpoint: { 1: [] } };
      expect(() => openToyLog({ path, projections: [next] })).toThrow(
        '.lfsb/checkpoint/0000000000000004.db.gz',
      );
      expect(toyRows(openToyLog({ path }))).toHaveLength(4);
    });
  });
});
