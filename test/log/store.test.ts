import { describe, expect, it } from 'vitest';
import { chainHash, formatHead, GENESIS_HASH, parseHead } from '../../src/events/index.ts';
import { readBorder } from '../../src/log/head.ts';
import { configurePlaces } from '../../src/log/seal/places.ts';
import { trim } from '../../src/log/trim.ts';
import { appendToys, openToyLog } from './support/log-folder.ts';
import { checkpoint, seal, sealToys } from './support/seal.ts';
import { toyActor, toyDraft, toyStream } from './support/toy-log.mjs';

const meta = { time: 1, actor: toyActor };

describe('an append', () => {
  it('numbers and chains events from the beginning', () => {
    const log = openToyLog();
    expect(log.store.head()).toEqual({ seq: 0, hash: GENESIS_HASH });
    const events = log.transaction(() =>
      log.store.append(toyStream('a'), 0, [toyDraft('a'), toyDraft('a')], meta),
    );
    expect(events.map(({ seq, version }) => [seq, version])).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(events[0]?.hash).toEqual(chainHash(GENESIS_HASH, events[0]?.digest ?? GENESIS_HASH));
    expect(log.store.head()).toEqual({ seq: 2, hash: events[1]?.hash });
    expect(parseHead(formatHead(log.store.head()))?.seq).toBe(2);
  });

  it('is refused when the stream is at another version than the decision was made on', () => {
    const log = openToyLog();
    appendToys(log, 'a', 'a');
    const append = (version: number) => () =>
      log.transaction(() => log.store.append(toyStream('a'), version, [toyDraft('a')], meta));
    for (const version of [0, 1, 3]) {
      expect(append(version)).toThrow(
        expect.objectContaining({ code: 'EVERSION', actual: 2, expected: version }),
      );
    }
    expect(append(2)).not.toThrow();
  });

  it('needs a transaction', () => {
    const log = openToyLog();
    expect(() => log.store.append(toyStream('a'), 0, [toyDraft('a')], meta)).toThrow('needs a transaction');
  });

  it('leaves nothing when a later draft of it is invalid', () => {
    const log = openToyLog();
    const drafts = [toyDraft('a'), toyDraft('a', 5)];
    expect(() => log.transaction(() => log.store.append(toyStream('a'), 0, drafts, meta))).toThrow(
      expect.objectContaining({ code: 'EEVENTBODY' }),
    );
    expect(log.store.version(toyStream('a'))).toBe(0);
    expect(log.store.head().seq).toBe(0);
    appendToys(log, 'a');
    expect(log.store.head().seq).toBe(1);
  });

  it('goes on where another run of the program ended', () => {
    const first = openToyLog();
    appendToys(first, 'a', 'b', 'a');
    const path = first.db.name;
    const head = first.store.head();
    first.close();
    const second = openToyLog({ path });
    expect(second.store.head()).toEqual(head);
    expect(second.store.version(toyStream('a'))).toBe(2);
  });
});

describe('the table', () => {
  const append =
    'INSERT OR REPLACE INTO event (seq, canonical, digest, hash) SELECT seq, canonical, digest, hash FROM event';

  it.each([
    ['an update', "UPDATE event SET canonical = replace(canonical, '4096', '8192')"],
    ['a deletion', 'DELETE FROM event WHERE seq = 3'],
    ['a replacement', `${append} WHERE seq = 2`],
    [
      'a number out of turn',
      'INSERT INTO event (seq, canonical, digest, hash) SELECT 9, canonical, digest, hash FROM event LIMIT 1',
    ],
    [
      'a row that is another number by its text',
      'INSERT INTO event (seq, canonical, digest, hash) SELECT 4, canonical, digest, hash FROM event LIMIT 1',
    ],
  ])('refuses %s', (_name, statement) => {
    const log = openToyLog();
    appendToys(log, 'a', 'b', 'c');
    expect(() => log.db.exec(statement)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^SQLITE_CONSTRAINT/) }),
    );
    expect(log.sql.get('SELECT count(*) AS n FROM event')).toEqual({ n: 3 });
  });

  it('lets events go in their order, and only what a segment and a checkpoint hold on each required replica', () => {
    const log = openToyLog();
    appendToys(log, 'a', 'b', 'c', 'd');
    const gone = (seq: number) => () => log.sql.run('DELETE FROM event WHERE seq = ?', seq);
    expect(gone(1)).toThrow('no verified seal');
    configurePlaces(log.sql, [
      { name: 'one', required: true },
      { name: 'two', required: true },
      { name: 'three', required: false },
    ]);
    seal(log, 'one', 1, 3);
    checkpoint(log, 'one', 3);
    expect(gone(1)).toThrow('no verified seal');
    seal(log, 'two', 1, 2);
    expect(gone(1)).toThrow('no verified seal');
    checkpoint(log, 'two', 2);
    expect(gone(1)).toThrow('no verified seal');
    log.sql.run('INSERT INTO log_base SELECT seq, hash, 1 FROM event WHERE seq = 2');
    expect(gone(2)).toThrow('in their order');
    expect(gone(1)()).toEqual({ changes: 1 });
    log.sql.run('UPDATE log_checkpoint SET is_expiring = 1 WHERE seq = 2');
    expect(gone(2)).toThrow('no verified seal');
    log.sql.run('UPDATE log_checkpoint SET is_expiring = 0');
    expect(gone(2)()).toEqual({ changes: 1 });
    expect(gone(3)).toThrow('no verified seal');
    expect(readBorder(log.sql).seq).toBe(2);
  });

  it('keeps the versions of streams whose events have left, and the head', () => {
    const log = openToyLog();
    appendToys(log, 'a', 'a', 'b', 'c');
    const head = log.store.head();
    sealToys(log, 3);
    trim(log.sql, 3);
    const { path } = { path: log.db.name };
    log.close();
    const again = openToyLog({ path });
    expect(again.store.head()).toEqual(head);
    expect(again.store.version(toyStream('a'))).toBe(2);
    expect(again.store.version(toyStream('c'))).toBe(1);
    appendToys(again, 'a', 'b');
    expect(again.sql.all('SELECT stream, version FROM event WHERE seq > 4')).toEqual([
      { stream: toyStream('a'), version: 3 },
      { stream: toyStream('b'), version: 2 },
    ]);
  });

  it.each([
    ['that leaves a gap', 2, 3, 3],
    ["with a hash that is not the log's", 1, 2, 3],
    ['that ends where there is no event', 1, 9, 3],
  ])('refuses a segment %s', (_name, first, last, hashOf) => {
    const log = openToyLog();
    appendToys(log, 'a', 'b', 'c');
    configurePlaces(log.sql, [{ name: 'one', required: true }]);
    expect(() => seal(log, 'one', first, last, hashOf)).toThrow('segment');
  });

  it('never changes what it knows of segments, nor where it begins', () => {
    const log = openToyLog();
    appendToys(log, 'a', 'b', 'c');
    sealToys(log, 2);
    expect(() => log.db.exec('UPDATE log_segment SET last_seq = 3')).toThrow('segment');
    expect(() => log.db.exec('DELETE FROM log_segment')).toThrow('segment');
    expect(() => log.db.exec('UPDATE log_border SET seq = 2')).toThrow('border');
    expect(() => log.db.exec('DELETE FROM log_border')).toThrow('border');
  });
});

describe('the connection', () => {
  it('throws instead of rounding an integer beyond 2^53', () => {
    const log = openToyLog();
    log.sql.run('CREATE TABLE large (n INTEGER) STRICT');
    log.sql.run('INSERT INTO large VALUES (?)', 2n ** 53n);
    expect(() => log.sql.get('SELECT n FROM large')).toThrow(RangeError);
    expect(() => log.sql.all('SELECT n FROM large')).toThrow(RangeError);
  });

  it('commits with synchronous=FULL in WAL mode unless a test asks for less', () => {
    const log = openToyLog({ synchronous: 'FULL' });
    expect(log.db.pragma('synchronous', { simple: true })).toBe(2);
    expect(log.db.pragma('journal_mode', { simple: true })).toBe('wal');
  });
});
