import { describe, expect, test } from 'vitest';
import { sha256Hex, sourceOf } from '../../src/storage/bytes.ts';
import { Random } from '../support/random.ts';
import { code, type Given, interrupted, META, put, read } from './using.ts';

/** The part of the contract that is about storing. */
export function contractOfPut(given: () => Given): void {
  describe('put', () => {
    test('stores bytes and metadata, and hands both back', async () => {
      const { replica, folder, metadataOf } = given();
      const bytes = new Random(1).bytes(10_000);
      await put(replica, `${folder}/db/1/a.ltx`, bytes, { metadata: META });
      expect(await read(replica, `${folder}/db/1/a.ltx`)).toEqual(Buffer.from(bytes));
      const head = await replica.head(`${folder}/db/1/a.ltx`);
      expect(head).toMatchObject({ sizeBytes: 10_000, metadata: metadataOf(META) });
      expect(Math.abs(head!.modifiedMs - Date.now())).toBeLessThan(60_000);
    });

    test('stores an object of no bytes', async () => {
      const { replica, folder } = given();
      await put(replica, `${folder}/empty`, Buffer.alloc(0));
      expect(await replica.head(`${folder}/empty`)).toMatchObject({ sizeBytes: 0 });
      expect(await read(replica, `${folder}/empty`)).toEqual(Buffer.alloc(0));
    });

    test('stores a large object from chunks of any size, whose buffer is used again', async () => {
      const { replica, folder, factory, metadataOf } = given();
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
      const { replica, folder } = given();
      await put(replica, `${folder}/a`, Buffer.from('first, and longer'));
      await put(replica, `${folder}/a`, Buffer.from('second'));
      expect(await read(replica, `${folder}/a`)).toEqual(Buffer.from('second'));
    });

    test.each([
      ['shorter than', { sizeBytes: 6 }],
      ['longer than', { sizeBytes: 4 }],
      ['of other content than', { sha256: sha256Hex(Buffer.from('other')) }],
    ])('stores nothing of a source that is %s announced', async (_, wrong) => {
      const { replica, folder, factory } = given();
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
      const { replica, folder, factory } = given();
      const bytes = Buffer.alloc(size === 0 ? factory.largeBytes : size, 7);
      const broken = new Error('the source broke');
      const options = { sizeBytes: bytes.length, sha256: sha256Hex(bytes), metadata: {} };
      const attempt = replica.put(`${folder}/a`, interrupted(bytes, 0.8, broken), options);
      await expect(attempt).rejects.toBe(broken);
      expect(await replica.head(`${folder}/a`)).toBeNull();
      expect(await factory.leftovers()).toEqual([]);
    });

    test('leaves nothing when it is aborted, and rejects with the reason', async () => {
      const { replica, folder, factory } = given();
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
      const { replica, folder } = given();
      await put(replica, `${folder}/a`, Buffer.from('old'));
      const options = { sizeBytes: 3, sha256: sha256Hex(Buffer.from('old')), metadata: {} };
      expect(await code(replica.put(`${folder}/a`, sourceOf(Buffer.from('new')), options))).toBe('EINVALID');
      expect(await read(replica, `${folder}/a`)).toEqual(Buffer.from('old'));
    });

    test('refuses metadata that places would change', async () => {
      const { replica, folder } = given();
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
      const { replica, folder, factory } = given();
      await put(replica, `${folder}/a`, Buffer.from('one'), { ifNoneMatch: '*' });
      const again = put(replica, `${folder}/a`, Buffer.from('two'), { ifNoneMatch: '*' });
      expect(await code(again)).toBe('ECONFLICT');
      expect(await read(replica, `${folder}/a`)).toEqual(Buffer.from('one'));
      expect(await factory.leftovers()).toEqual([]);
    });

    test('creates again what was deleted', async () => {
      const { replica, folder } = given();
      await put(replica, `${folder}/a`, Buffer.from('one'), { ifNoneMatch: '*' });
      await replica.deleteMany([`${folder}/a`]);
      await put(replica, `${folder}/a`, Buffer.from('two'), { ifNoneMatch: '*' });
      expect(await read(replica, `${folder}/a`)).toEqual(Buffer.from('two'));
    });

    test('has one winner among many at once', async () => {
      const { replica, folder } = given();
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
      const { replica, folder, factory } = given();
      const bytes = Buffer.alloc(factory.largeBytes, 3);
      await put(replica, `${folder}/a`, bytes, { ifNoneMatch: '*' });
      const again = put(replica, `${folder}/a`, Buffer.alloc(factory.largeBytes, 4), { ifNoneMatch: '*' });
      expect(await code(again)).toBe('ECONFLICT');
      expect(sha256Hex(await read(replica, `${folder}/a`))).toBe(sha256Hex(bytes));
      expect(await factory.leftovers()).toEqual([]);
    });
  });
}
