import { expect, test } from 'vitest';
import { isLow } from '../../src/agent/low-space.ts';
import { SPACE_LOOK_MS, SpaceWatch, type WatchedPlace } from '../../src/agent/space-watch.ts';
import type { Logger } from '../../src/logging.ts';
import type { ReplicaSpace } from '../../src/storage/index.ts';

const GIB = 1024 ** 3;

/** A watch of one place, what it said, and how often the place was asked. */
function watching(space: () => Promise<ReplicaSpace | null>) {
  const said: string[] = [];
  const log = {
    warn: ({ place }: { place: string }, text: string) => said.push(`warn ${place}: ${text.split(':')[0]}`),
    info: ({ place }: { place: string }, text: string) => said.push(`info ${place}: ${text}`),
  } as unknown as Logger;
  let monotonic = 0;
  let asked = 0;
  const place: WatchedPlace = {
    name: 'one',
    space: () => {
      asked += 1;
      return space();
    },
  };
  const clock = () => ({ wall: 0, monotonic });
  const watch = new SpaceWatch({ path: '/app.db', places: [place], clock, log });
  const pass = async (ms: number): Promise<void> => {
    monotonic += ms;
    watch.tick();
    await watch.settled();
  };
  return { watch, said, pass, asked: () => asked };
}

test.each([
  [2 * GIB, 100 * GIB, false],
  [GIB - 1, 100 * GIB, true],
  [GIB / 4, GIB, false],
  [GIB / 20, GIB, true],
])('%d bytes of %d free: little is %s', (freeBytes, totalBytes, little) => {
  expect(isLow({ freeBytes, totalBytes })).toBe(little);
});

test('a place that fills is told of once, and once when it has room again', async () => {
  let freeBytes = 5 * GIB;
  const { watch, said, pass } = watching(async () => ({ freeBytes, totalBytes: 100 * GIB }));
  await pass(0);
  expect({ said, space: watch.of('one') }).toMatchObject({ said: [], space: { freeBytes: 5 * GIB } });
  freeBytes = GIB / 2;
  await pass(SPACE_LOOK_MS);
  await pass(SPACE_LOOK_MS);
  expect(said).toEqual(['warn one: little room is left']);
  freeBytes = 5 * GIB;
  await pass(SPACE_LOOK_MS);
  expect(said.slice(1)).toEqual(['info one: there is room again']);
});

test('a place is asked now and then, and one that does not answer harms nothing', async () => {
  const { watch, said, pass, asked } = watching(() => Promise.reject(new Error('down')));
  for (let i = 0; i < 10; i++) await pass(SPACE_LOOK_MS / 10);
  expect(asked()).toBe(1);
  await pass(SPACE_LOOK_MS / 10);
  expect({ asked: asked(), said, space: watch.of('one') }).toEqual({ asked: 2, said: [], space: null });
  await watch.stop();
  await pass(SPACE_LOOK_MS);
  expect(asked()).toBe(2);
});

test('a place that hangs holds up no end', async () => {
  const { watch } = watching(() => new Promise(() => {}));
  watch.tick();
  await watch.stop();
  expect(watch.of('one')).toBeNull();
});
