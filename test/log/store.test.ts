import { describe, expect, it } from 'vitest';
import { chainHash, formatHead, GENESIS_HASH, parseHead } from '../../src/events/index.ts';
import { appendToys, openToyLog } from './support/log-folder.ts';
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

  it('lets go of events only at or below a verified seal', () => {
    const log = openToyLog();
    appendToys(log, 'a', 'b', 'c');
    const seal = 'INSERT INTO seal SELECT 1, 2, hash, NULL FROM event WHERE seq = ?';
    expect(() => log.sql.run(seal, 3)).toThrow('seal');
    log.sql.run(seal, 2);
    expect(() => log.sql.run('DELETE FROM event WHERE seq = 1')).toThrow('append-only');
    log.sql.run('UPDATE seal SET verified_at = 1');
    expect(() => log.sql.run('DELETE FROM event WHERE seq = 3')).toThrow('append-only');
    expect(log.sql.run('DELETE FROM event WHERE seq <= 2').changes).toBe(2);
    expect(() => log.sql.run('DELETE FROM seal')).toThrow('seal');
    appendToys(log, 'd');
    expect(log.store.head().seq).toBe(4);
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
