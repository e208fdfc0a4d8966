import { describe, expect, test } from 'vitest';
import { code, type Given, keysOf, put } from './using.ts';

/** More than one page of a listing, and more than one batch of deletions. */
const MANY = 1_050;

const WRITERS = 16;

/** The part of the contract that is about listing and deleting. */
export function contractOfListing(given: () => Given): void {
  describe('list', () => {
    test('gives what starts with the prefix, in the order of the keys, with sizes', async () => {
      const { replica, folder } = given();
      const keys = ['b', 'a/2', 'a/1', 'a.b/1', 'a-b/1', 'a0/1', 'a~/1', 'aa', 'A', '_', '-'].map(
        (name) => `${folder}/${name}`,
      );
      for (const [i, key] of keys.entries()) await put(replica, key, Buffer.alloc(i));
      expect(await keysOf(replica, `${folder}/`)).toEqual([...keys].sort());
      expect(await keysOf(replica, `${folder}/a`)).toEqual(
        keys.filter((key) => key.startsWith(`${folder}/a`)).sort(),
      );
      for await (const object of replica.list(`${folder}/`)) {
        expect(object.sizeBytes).toBe(keys.indexOf(object.key));
        expect(Math.abs(object.modifiedMs - Date.now())).toBeLessThan(60_000);
      }
    });

    test('starts behind any key, stored or not', async () => {
      const { replica, folder } = given();
      const keys = ['a-b/1', 'a/1', 'a/2', 'b/1'].map((name) => `${folder}/${name}`);
      for (const key of keys) await put(replica, key, Buffer.from('x'));
      for (const name of ['', 'a', 'a-b/1', 'a-c', 'a/1', 'a/15', 'a/2', 'b', 'b/1', 'z']) {
        const after = `${folder}/${name}`;
        expect(await keysOf(replica, `${folder}/`, { after })).toEqual(keys.filter((key) => key > after));
      }
    });

    test('gives nothing where there is nothing, and refuses what starts no key', async () => {
      const { replica, folder } = given();
      expect(await keysOf(replica, `${folder}/`)).toEqual([]);
      expect(await keysOf(replica, `${folder}/none/at/all`)).toEqual([]);
      for (const prefix of ['/', '../', 'a//', 'a b', '+']) {
        expect(await code(keysOf(replica, prefix))).toBe('EINVALID');
      }
    });

    test('finds the objects of a name of 256 characters under that name', async () => {
      const { replica, folder } = given();
      const long = `${folder}/${'n'.repeat(256)}`;
      await put(replica, `${long}/1/b`, Buffer.from('x'));
      await put(replica, `${long}/1/a`, Buffer.from('x'));
      await put(replica, `${folder}/${'n'.repeat(255)}m/1/a`, Buffer.from('x'));
      expect(await keysOf(replica, `${long}/`)).toEqual([`${long}/1/a`, `${long}/1/b`]);
      expect(await keysOf(replica, `${long}/`, { after: `${long}/1/a` })).toEqual([`${long}/1/b`]);
      const listed = await keysOf(replica, `${folder}/`);
      expect(listed).toHaveLength(3);
      for (const key of listed) expect(await replica.head(key)).toMatchObject({ sizeBytes: 1 });
    });
  });

  describe('deleteMany', () => {
    test('deletes, calls what is missing deleted, and leaves the rest', async () => {
      const { replica, folder } = given();
      for (const name of ['a', 'b', 'c/d']) await put(replica, `${folder}/${name}`, Buffer.from('x'));
      const keys = [`${folder}/c/d`, `${folder}/never`, `${folder}/a`, `${folder}/never/at/all`];
      expect(await replica.deleteMany(keys)).toMatchObject(keys.map((key) => ({ key, error: null })));
      expect(await keysOf(replica, `${folder}/`)).toEqual([`${folder}/b`]);
      expect(await replica.deleteMany(keys)).toMatchObject(keys.map((key) => ({ key, error: null })));
      expect(await replica.deleteMany([])).toEqual([]);
    });

    test('and list go over many pages', async () => {
      const { replica, folder } = given();
      const keys = Array.from(
        { length: MANY },
        (_, i) => `${folder}/db/1/${String(i).padStart(16, '0')}.ltx`,
      );
      const queue = [...keys].reverse();
      const writer = async (): Promise<void> => {
        for (let key = queue.pop(); key !== undefined; key = queue.pop())
          await put(replica, key, Buffer.from('x'));
      };
      await Promise.all(Array.from({ length: WRITERS }, writer));
      expect(await keysOf(replica, `${folder}/`)).toEqual(keys);
      expect(await keysOf(replica, `${folder}/`, { after: keys[MANY - 3]! })).toEqual(keys.slice(-2));
      const outcomes = await replica.deleteMany(keys.slice(0, -1));
      expect(outcomes).toMatchObject(keys.slice(0, -1).map((key) => ({ key, error: null })));
      expect(await keysOf(replica, `${folder}/`)).toEqual(keys.slice(-1));
    });
  });
}
