import { expect, it } from 'vitest';
import { lookAt } from '../../../src/compactor/run/file-look.ts';
import { SECOND_LOOK_MS, SUSPECTS_MAX, Suspects } from '../../../src/compactor/run/suspects.ts';
import {
  MemoryReplica,
  type Replica,
  StorageError,
  sha256Hex,
  sourceOf,
} from '../../../src/storage/index.ts';

const BYTES = Buffer.from('what was stored');
const FILE = { replica: 'one', key: 'shop/a.db/1/1-1.ltx', sha256: sha256Hex(BYTES) };

async function placeWith(bytes: Buffer | null, change: Partial<Replica> = {}): Promise<Replica> {
  const place = new MemoryReplica();
  if (bytes !== null) {
    const options = { sizeBytes: bytes.byteLength, sha256: sha256Hex(bytes), metadata: {} };
    await place.put(FILE.key, sourceOf(bytes), options);
  }
  return Object.assign(place, change);
}

const unavailable = async (): Promise<never> => {
  throw new StorageError('EUNAVAILABLE', 'no answer');
};

const notStored = async (key: string): Promise<never> => {
  throw new StorageError('ENOTSTORED', key);
};

it('says what is there', async () => {
  expect(await lookAt(await placeWith(BYTES), FILE)).toEqual({ kind: 'right' });
  expect(await lookAt(await placeWith(null), FILE)).toEqual({ kind: 'missing' });
  const other = Buffer.from('something else');
  const damaged = { kind: 'damaged', sizeBytes: other.byteLength, sha256: sha256Hex(other) };
  expect(await lookAt(await placeWith(other), FILE)).toEqual(damaged);
});

it.each<[string, Buffer | null, Partial<Replica>]>([
  ['does not answer', null, { get: unavailable }],
  ['does not list', null, { list: () => ({ [Symbol.asyncIterator]: () => ({ next: unavailable }) }) }],
  ['does not give', BYTES, { get: unavailable }],
  ['lists what it says is not there', BYTES, { get: notStored, head: async () => null }],
  ['does not give what it says is there', BYTES, { get: notStored }],
  ['does not tell of what it does not give', BYTES, { get: notStored, head: unavailable }],
])('says nothing where the place %s', async (_what, bytes, change) => {
  const place = await placeWith(bytes, change);
  await expect(lookAt(place, FILE)).rejects.toMatchObject({ code: 'EUNAVAILABLE' });
});

it('suspects are looked at after a while, once, and are not without end', () => {
  const suspects = new Suspects();
  const suspect = { cluster: 'shop', db: 'a.db', replica: 'one', key: FILE.key };
  suspects.note(suspect, 1_000);
  suspects.note(suspect, 2_000);
  expect(suspects.due(1_000)).toEqual([]);
  expect(suspects.due(1_000 + SECOND_LOOK_MS)).toMatchObject([suspect]);
  // A clock that was ahead when it was noted.
  expect(suspects.due(-SECOND_LOOK_MS)).toHaveLength(1);
  suspects.settle(suspect);
  expect(suspects.due(1_000 + SECOND_LOOK_MS)).toEqual([]);
  for (let i = 0; i < SUSPECTS_MAX + 5; i++) suspects.note({ ...suspect, key: String(i) }, 0);
  expect(suspects.due(SECOND_LOOK_MS)).toHaveLength(SUSPECTS_MAX);
});
