import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gather } from '../../src/storage/bytes.ts';
import { DirectoryReplica } from '../../src/storage/directory.ts';
import { MemoryReplica } from '../../src/storage/memory.ts';
import type { Replica } from '../../src/storage/replica.ts';
import { property } from '../support/property.ts';
import { code, keysOf, put, read } from './using.ts';

/** Names are few, so that operations meet; no key is a folder of another one. */
const folder = fc.constantFrom('a', 'a-b', 'a.b', 'A', '.lfsb', `${'n'.repeat(255)}x`);
const file = fc.constantFrom('0-1.ltx', '0-2.ltx', '1~', '_');
const key = fc.tuple(folder, fc.constantFrom('1', '9', '1-'), file).map((parts) => parts.join('/'));
const content = fc.integer({ min: 0, max: 400 }).map((size) => Buffer.alloc(size, `${size},`));

type Operation =
  | { type: 'put'; key: string; bytes: Buffer; create: boolean }
  | { type: 'delete'; keys: string[] }
  | { type: 'read'; key: string; offset: number; length: number | undefined }
  | { type: 'list'; folder: string; after: string };

const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ type: fc.constant('put' as const), key, bytes: content, create: fc.boolean() }),
  fc.record({ type: fc.constant('delete' as const), keys: fc.array(key, { maxLength: 5 }) }),
  fc.record({
    type: fc.constant('read' as const),
    key,
    offset: fc.integer({ min: 0, max: 420 }),
    length: fc.option(fc.integer({ min: 1, max: 500 }), { nil: undefined }),
  }),
  fc.record({ type: fc.constant('list' as const), folder, after: key }),
);

async function apply(replica: Replica, model: Map<string, Buffer>, step: Operation): Promise<void> {
  if (step.type === 'put') {
    const taken = step.create && model.has(step.key);
    const answer = await code(put(replica, step.key, step.bytes, step.create ? { ifNoneMatch: '*' } : {}));
    expect(answer).toBe(taken ? 'ECONFLICT' : 'no error');
    if (!taken) model.set(step.key, step.bytes);
  } else if (step.type === 'delete') {
    const outcomes = await replica.deleteMany(step.keys);
    expect(outcomes).toEqual(step.keys.map((deleted) => ({ key: deleted, error: null })));
    for (const deleted of step.keys) model.delete(deleted);
  } else if (step.type === 'read') {
    await readBoth(replica, model, step);
  } else {
    const prefix = `${step.folder}/`;
    const expected = [...model.keys()].filter((one) => one.startsWith(prefix)).sort();
    expect(await keysOf(replica, prefix)).toEqual(expected);
    expect(await keysOf(replica, prefix, { after: step.after })).toEqual(
      expected.filter((one) => one > step.after),
    );
  }
}

async function readBoth(
  replica: Replica,
  model: Map<string, Buffer>,
  { key: name, offset, length }: Extract<Operation, { type: 'read' }>,
): Promise<void> {
  const bytes = model.get(name);
  const head = await replica.head(name);
  expect(head?.sizeBytes).toBe(bytes?.length);
  const attempt = replica.get(name, { range: { offset, length } });
  if (bytes === undefined || offset >= bytes.length) {
    expect(await code(attempt)).toBe(bytes === undefined ? 'ENOTSTORED' : 'EINVALID');
    return;
  }
  const expected = bytes.subarray(offset, length === undefined ? undefined : offset + length);
  expect(Buffer.compare(await gather(await attempt, expected.length), expected)).toBe(0);
}

const agrees = (open: () => Promise<Replica>, close: () => Promise<void>): Promise<void> =>
  fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 30 }), async (steps) => {
      const replica = await open();
      const model = new Map<string, Buffer>();
      try {
        for (const step of steps) await apply(replica, model, step);
        for (const [name, bytes] of model) expect(Buffer.compare(await read(replica, name), bytes)).toBe(0);
      } finally {
        await close();
      }
    }),
    property(50),
  );

test('the memory replica does what a map does', () =>
  agrees(
    async () => new MemoryReplica(),
    async () => undefined,
  ));

test('the directory replica does what a map does', async () => {
  let root = '';
  await agrees(
    async () => {
      root = await mkdtemp(join(tmpdir(), 'lfsb-model-'));
      return DirectoryReplica.open(root, { namesMax: 2 });
    },
    () => rm(root, { recursive: true, force: true }),
  );
});
