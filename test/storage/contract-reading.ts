import { describe, expect, test } from 'vitest';
import { gather } from '../../src/storage/bytes.ts';
import { Random } from '../support/random.ts';
import { code, type Given, put, read } from './using.ts';

/** The part of the contract that is about reading, and about what a key can be. */
export function contractOfReading(given: () => Given): void {
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
      const { replica, folder } = given();
      await put(replica, `${folder}/a`, bytes);
      const body = await replica.get(`${folder}/a`, { range: { offset, length } });
      const wanted = bytes.subarray(offset, offset + (length ?? bytes.length));
      expect(body.sizeBytes).toBe(wanted.length);
      expect(Buffer.compare(await gather(body, wanted.length), wanted)).toBe(0);
    });

    test('refuses a range that is none, or starts behind the end', async () => {
      const { replica, folder } = given();
      await put(replica, `${folder}/a`, Buffer.from('four'));
      await put(replica, `${folder}/empty`, Buffer.alloc(0));
      for (const range of [{ offset: 4 }, { offset: -1 }, { offset: 0, length: 0 }, { offset: 0.5 }]) {
        expect(await code(replica.get(`${folder}/a`, { range }))).toBe('EINVALID');
      }
      expect(await code(replica.get(`${folder}/empty`, { range: { offset: 0 } }))).toBe('EINVALID');
    });

    test('tell a missing object, and a folder, from one of no bytes', async () => {
      const { replica, folder } = given();
      await put(replica, `${folder}/a/b`, Buffer.from('b'));
      for (const key of [`${folder}/nothing`, `${folder}/a`, `${folder}/a/b/c`, `${folder}/x/y`]) {
        expect(await code(replica.get(key))).toBe('ENOTSTORED');
        expect(await replica.head(key)).toBeNull();
      }
    });

    test('a body can be let go of, unread or half read', async () => {
      const { replica, folder } = given();
      await put(replica, `${folder}/a`, bytes);
      await (await replica.get(`${folder}/a`)).cancel();
      for await (const chunk of await replica.get(`${folder}/a`)) {
        expect(chunk.byteLength).toBeGreaterThan(0);
        break;
      }
    });

    test('reject with the reason of an aborted signal', async () => {
      const { replica, folder } = given();
      const reason = new Error('enough');
      const signal = AbortSignal.abort(reason);
      await expect(replica.get(`${folder}/a`, { signal })).rejects.toBe(reason);
      await expect(replica.head(`${folder}/a`, { signal })).rejects.toBe(reason);
      await expect(replica.deleteMany([`${folder}/a`], { signal })).rejects.toBe(reason);
    });
  });

  test('says how much room there is left, or that it cannot', async () => {
    const space = await given().replica.space();
    if (space === null) return;
    expect(space.freeBytes).toBeGreaterThan(0);
    expect(space.totalBytes).toBeGreaterThanOrEqual(space.freeBytes);
  });

  describe('keys', () => {
    test('may have every character that names have, and 256 of them', async () => {
      const { replica, folder } = given();
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
      const { replica } = given();
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
}
