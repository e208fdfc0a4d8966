import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { gather, sha256Hex, sourceOf } from '../../src/storage/bytes.ts';
import type { Replica, ReplicaCapabilities } from '../../src/storage/replica.ts';
import { Random } from '../support/random.ts';
import { contractOfListing } from './contract-listing.ts';
import { code, interrupted, META, put, read } from './using.ts';

/** What an adapter's test gives: a place for the whole suite, in which the tests use folders of their own. */
export interface ReplicaFactory {
  open(): Promise<Replica>;
  /** Names of files or uploads that no put has finished, if the place can show them. */
  leftovers(): Promise<string[]>;
  /** Bytes of the largest object; made larger where the place cuts uploads into parts. */
  readonly largeBytes: number;
}

/** Every obligation of `Replica`, run on one adapter. */
export function replicaContract(name: string, factory: ReplicaFactory): void {
  describe(`${name} keeps the contract of a replica`, () => {
    let replica: Replica;
    let capabilities: ReplicaCapabilities;
    let folder = '';
    let folders = 0;

    beforeAll(async () => {
      replica = await factory.open();
      capabilities = await replica.capabilities();
    });
    beforeEach(() => {
      folders++;
      folder = `t${folders}`;
    });
    afterAll(() => replica?.close());

    const metadataOf = (metadata: Record<string, string>): Record<string, string> =>
      capabilities.metadata === 'stored' ? metadata : {};

    describe('put', () => {
      test('stores bytes and metadata, and hands both back', async () => {
        const bytes = new Random(1).bytes(10_000);
        await put(replica, `${folder}/db/1/a.ltx`, bytes, { metadata: META });
        expect(await read(replica, `${folder}/db/1/a.ltx`)).toEqual(Buffer.from(bytes));
        const head = await replica.head(`${folder}/db/1/a.ltx`);
        expect(head).toMatchObject({ sizeBytes: 10_000, metadata: metadataOf(META) });
        expect(Math.abs(head!.modifiedMs - Date.now())).toBeLessThan(60_000);
      });

      test('stores an object of no bytes', async () => {
        await put(replica, `${folder}/empty`, Buffer.alloc(0));
        expect(await replica.head(`${folder}/empty`)).toMatchObject({ sizeBytes: 0 });
        expect(await read(replica, `${folder}/empty`)).toEqual(Buffer.alloc(0));
      });

      test('stores a large object from chunks of any size, whose buffer is used again', async () => {
        const bytes = Buffer.alloc(factory.largeBytes, new Random(2).bytes(65_521));
        const buffer = Buffer.alloc(100_003);
        const source = {
          async *open() {
            for (let at = 0; at < bytes.length; at += buffer.length) {
              yield buffer.subarray(0, bytes.copy(buffer, 0, at));
            }
          },
        };
        const options = { sizeBytes: bytes.length, sha256: sha256Hex(bytes), metadata: META };
        await replica.put(`${folder}/large`, source, options);
        expect(sha256Hex(await read(replica, `${folder}/large`))).toBe(options.sha256);
        expect(await replica.head(`${folder}/large`)).toMatchObject({ metadata: metadataOf(META) });
        expect(await factory.leftovers()).toEqual([]);
      });

      test('replaces an object as a whole', async () => {
        await put(replica, `${folder}/a`, Buffer.from('first, and longer'));
        await put(replica, `${folder}/a`, Buffer.from('second'));
        expect(await read(replica, `${folder}/a`)).toEqual(Buffer.from('second'));
      });

      test.each([
        ['shorter than', { sizeBytes: 6 }],
        ['longer than', { sizeBytes: 4 }],
        ['of other content than', { sha256: sha256Hex(Buffer.from('other')) }],
      ])('stores nothing of a source that is %s announced', async (_, wrong) => {
        const right = { sizeBytes: 5, sha256: sha256Hex(Buffer.from('bytes')), metadata: {} };
        const attempt = replica.put(`${folder}/a`, sourceOf(Buffer.from('bytes')), { ...right, ...wrong });
        expect(await code(attempt)).toBe('EINVALID');
        expect(await replica.head(`${folder}/a`)).toBeNull();
        expect(await factory.leftovers()).toEqual([]);
      });

      test.each([
        ['small', 1000],
        ['large', 0],
      ])('leaves nothing of a %s source that breaks off, and hands its error on', async (_, size) => {
        const bytes = Buffer.alloc(size === 0 ? factory.largeBytes : size, 7);
        const broken = new Error('the source broke');
        const options = { sizeBytes: bytes.length, sha256: sha256Hex(bytes), metadata: {} };
        const attempt = replica.put(`${folder}/a`, interrupted(bytes, 0.8, broken), options);
        await expect(attempt).rejects.toBe(broken);
        expect(await replica.head(`${folder}/a`)).toBeNull();
        expect(await factory.leftovers()).toEqual([]);
      });

      test('leaves nothing when it is aborted, and rejects with the reason', async () => {
        const bytes = Buffer.alloc(factory.largeBytes, 7);
        const controller = new AbortController();
        const reason = new Error('enough');
        const source = {
          async *open() {
            yield bytes.subarray(0, bytes.length / 2);
            controller.abort(reason);
            yield bytes.subarray(bytes.length / 2);
          },
        };
        const options = { sizeBytes: bytes.length, sha256: sha256Hex(bytes), metadata: {} };
        const attempt = replica.put(`${folder}/a`, source, { ...options, signal: controller.signal });
        await expect(attempt).rejects.toBe(reason);
        expect(await replica.head(`${folder}/a`)).toBeNull();
        expect(await factory.leftovers()).toEqual([]);
      });

      test('keeps what was there when a replacement fails', async () => {
        await put(replica, `${folder}/a`, Buffer.from('old'));
        const options = { sizeBytes: 3, sha256: sha256Hex(Buffer.from('old')), metadata: {} };
        expect(await code(replica.put(`${folder}/a`, sourceOf(Buffer.from('new')), options))).toBe(
          'EINVALID',
        );
        expect(await read(replica, `${folder}/a`)).toEqual(Buffer.from('old'));
      });

      test('refuses metadata that places would change', async () => {
        for (const metadata of [
          { 'page-size': '1' },
          { A: 'ü' },
          { A: ' b' },
          { A: '' },
          { A: 'x'.repeat(2048) },
        ]) {
          expect(await code(put(replica, `${folder}/a`, Buffer.from('a'), { metadata }))).toBe('EINVALID');
        }
      });
    });

    describe('put with ifNoneMatch', () => {
      test('creates once, then conflicts and changes nothing', async () => {
        await put(replica, `${folder}/a`, Buffer.from('one'), { ifNoneMatch: '*' });
        const again = put(replica, `${folder}/a`, Buffer.from('two'), { ifNoneMatch: '*' });
        expect(await code(again)).toBe('ECONFLICT');
        expect(await read(replica, `${folder}/a`)).toEqual(Buffer.from('one'));
        expect(await factory.leftovers()).toEqual([]);
      });

      test('creates again what was deleted', async () => {
        await put(replica, `${folder}/a`, Buffer.from('one'), { ifNoneMatch: '*' });
        await replica.deleteMany([`${folder}/a`]);
        await put(replica, `${folder}/a`, Buffer.from('two'), { ifNoneMatch: '*' });
        expect(await read(replica, `${folder}/a`)).toEqual(Buffer.from('two'));
      });

      test('has one winner among many at once', async () => {
        const attempts = Array.from({ length: 16 }, (_, i) =>
          put(replica, `${folder}/race`, Buffer.from(`writer ${i}`), { ifNoneMatch: '*' }).then(
            () => `writer ${i}`,
            (error: unknown) => (error as { code: string }).code,
          ),
        );
        const answers = await Promise.all(attempts);
        const winners = answers.filter((answer) => answer !== 'ECONFLICT');
        expect(winners).toHaveLength(1);
        expect((await read(replica, `${folder}/race`)).toString()).toBe(winners[0]);
      });

      test('holds for large objects', async () => {
        const bytes = Buffer.alloc(factory.largeBytes, 3);
        await put(replica, `${folder}/a`, bytes, { ifNoneMatch: '*' });
        const again = put(replica, `${folder}/a`, Buffer.alloc(factory.largeBytes, 4), { ifNoneMatch: '*' });
        expect(await code(again)).toBe('ECONFLICT');
        expect(sha256Hex(await read(replica, `${folder}/a`))).toBe(sha256Hex(bytes));
        expect(await factory.leftovers()).toEqual([]);
      });
    });

    describe('get and head', () => {
      const bytes = Buffer.from(new Random(3).bytes(300_000));

      test.each([
        [0, 1],
        [0, 300_000],
        [1, undefined],
        [299_999, 1],
        [299_990, 100],
        [65_535, 131_073],
      ])('reads the range from %i of %s bytes', async (offset, length) => {
        await put(replica, `${folder}/a`, bytes);
        const body = await replica.get(`${folder}/a`, { range: { offset, length } });
        const wanted = bytes.subarray(offset, offset + (length ?? bytes.length));
        expect(body.sizeBytes).toBe(wanted.length);
        expect(Buffer.compare(await gather(body, wanted.length), wanted)).toBe(0);
      });

      test('refuses a range that is none, or starts behind the end', async () => {
        await put(replica, `${folder}/a`, Buffer.from('four'));
        await put(replica, `${folder}/empty`, Buffer.alloc(0));
        for (const range of [{ offset: 4 }, { offset: -1 }, { offset: 0, length: 0 }, { offset: 0.5 }]) {
          expect(await code(replica.get(`${folder}/a`, { range }))).toBe('EINVALID');
        }
        expect(await code(replica.get(`${folder}/empty`, { range: { offset: 0 } }))).toBe('EINVALID');
      });

      test('tell a missing object, and a folder, from one of no bytes', async () => {
        await put(replica, `${folder}/a/b`, Buffer.from('b'));
        for (const key of [`${folder}/nothing`, `${folder}/a`, `${folder}/a/b/c`, `${folder}/x/y`]) {
          expect(await code(replica.get(key))).toBe('ENOTSTORED');
          expect(await replica.head(key)).toBeNull();
        }
      });

      test('a body can be let go of, unread or half read', async () => {
        await put(replica, `${folder}/a`, bytes);
        await (await replica.get(`${folder}/a`)).cancel();
        for await (const chunk of await replica.get(`${folder}/a`)) {
          expect(chunk.byteLength).toBeGreaterThan(0);
          break;
        }
      });

      test('reject with the reason of an aborted signal', async () => {
        const reason = new Error('enough');
        const signal = AbortSignal.abort(reason);
        await expect(replica.get(`${folder}/a`, { signal })).rejects.toBe(reason);
        await expect(replica.head(`${folder}/a`, { signal })).rejects.toBe(reason);
        await expect(replica.deleteMany([`${folder}/a`], { signal })).rejects.toBe(reason);
      });
    });

    describe('keys', () => {
      test('may have every character that names have, and 256 of them', async () => {
        const odd = ['a~b', 'a.b', 'a-b', 'a_b', '.hidden', '...', '~', '-', '_', '0', 'A'];
        const long = `${'n'.repeat(256)}/1/a.ltx`;
        for (const name of [...odd, long]) await put(replica, `${folder}/${name}`, Buffer.from(name));
        for (const name of [...odd, long]) {
          expect((await read(replica, `${folder}/${name}`)).toString()).toBe(name);
        }
        await put(replica, `.lfsb/deleted/${folder}/db/1`, Buffer.from('tombstone'));
        expect((await read(replica, `.lfsb/deleted/${folder}/db/1`)).toString()).toBe('tombstone');
      });

      test('are refused when they are none', async () => {
        for (const key of [
          '',
          '/a',
          'a/',
          'a//b',
          '.',
          '..',
          'a/../b',
          'a b',
          'a%2f',
          'ü',
          '+parts/a',
          'a\0',
        ]) {
          expect(await code(put(replica, key, Buffer.from('x')))).toBe('EINVALID');
          expect(await code(replica.get(key))).toBe('EINVALID');
          expect(await code(replica.head(key))).toBe('EINVALID');
          expect(await code(replica.deleteMany([key]))).toBe('EINVALID');
        }
      });
    });

    contractOfListing(() => ({ replica, folder }));
  });
}
