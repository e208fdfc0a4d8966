import { describe, expect, test } from 'vitest';
import { objectBody, sha256Hex } from '../../src/storage/bytes.ts';
import { type Fault, scriptedFaults } from '../../src/storage/fault-plan.ts';
import { withFaults } from '../../src/storage/faults.ts';
import { MemoryReplica } from '../../src/storage/memory.ts';
import type { Replica } from '../../src/storage/replica.ts';
import { withTimeouts } from '../../src/storage/timeouts.ts';
import { collectGarbage } from '../support/process-state.ts';
import { code, keysOf, put, read } from './using.ts';

const LIMITS = { answerMs: 40, stallMs: 40, bulkMs: 40 };

const hanging = (...faults: (Fault | null)[]): Replica =>
  withTimeouts(withFaults(new MemoryReplica(), scriptedFaults(faults)), LIMITS);

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('timeouts', () => {
  test('end every call that gets no answer', async () => {
    const bytes = Buffer.from('x');
    expect(await code(put(hanging('hang'), 'a', bytes))).toBe('EUNAVAILABLE');
    expect(await code(hanging('hang').get('a'))).toBe('EUNAVAILABLE');
    expect(await code(hanging('hang').head('a'))).toBe('EUNAVAILABLE');
    expect(await code(keysOf(hanging('hang'), ''))).toBe('EUNAVAILABLE');
    expect(await hanging('hang').deleteMany(['a'])).toMatchObject([{ error: { code: 'EUNAVAILABLE' } }]);
  });

  test('end a put whose answer never comes, although it is stored', async () => {
    const replica = hanging('hang-after');
    expect(await code(put(replica, 'a', Buffer.from('x')))).toBe('EUNAVAILABLE');
    expect((await read(replica, 'a')).toString()).toBe('x');
  });

  test('let a put take any time while its bytes move', async () => {
    const bytes = Buffer.from('0123456789');
    const source = {
      async *open() {
        for (const byte of bytes) {
          await wait(15);
          yield Uint8Array.of(byte);
        }
      },
    };
    const replica = hanging();
    await put(replica, 'b', bytes);
    await replica.put('a', source, { sizeBytes: 10, sha256: sha256Hex(bytes), metadata: {} });
    expect(await read(replica, 'a')).toEqual(bytes);
  });

  test('do not count the time that the reader takes', async () => {
    const replica = hanging();
    await put(replica, 'a', Buffer.alloc(200_000));
    let read = 0;
    for await (const chunk of await replica.get('a')) {
      await wait(60);
      read += chunk.byteLength;
    }
    expect(read).toBe(200_000);
  });

  test('end a body that stalls, and let go of it', async () => {
    let cancelled = false;
    const inner = new MemoryReplica();
    const body = {
      sizeBytes: 10,
      cancel: async () => {
        cancelled = true;
      },
      [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }),
    };
    inner.get = async () => body;
    expect(await code(read(withTimeouts(inner, LIMITS), 'a'))).toBe('EUNAVAILABLE');
    expect(cancelled).toBe(true);
  });

  test('hand the reason of the caller on', async () => {
    const reason = new Error('enough');
    const controller = new AbortController();
    const call = withTimeouts(withFaults(new MemoryReplica(), scriptedFaults(['hang']))).head('a', {
      signal: controller.signal,
    });
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
  });
});

test('a body that is read holds none of the chunks that were', async () => {
  const chunks: WeakRef<Uint8Array>[] = [];
  const place = new MemoryReplica();
  place.get = async () =>
    objectBody(
      50,
      async function* () {
        for (let i = 0; i < 50; i++) {
          await wait(0);
          const chunk = new Uint8Array(1);
          chunks.push(new WeakRef(chunk));
          yield chunk;
        }
      },
      async () => undefined,
    );
  let read = 0;
  for await (const chunk of await withTimeouts(place).get('a')) {
    read += chunk.byteLength;
    if (read < 50) continue;
    collectGarbage();
    expect(chunks.slice(0, 40).filter((each) => each.deref() !== undefined)).toEqual([]);
  }
  expect(read).toBe(50);
});
