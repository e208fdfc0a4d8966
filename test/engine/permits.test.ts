import { expect, it } from 'vitest';
import { Permits } from '../../src/engine/permits.ts';

const permits = (waitMsMax = 5_000): Permits =>
  new Permits({ heldMax: 2, waitingMax: 1, waitMsMax, what: 'things' });

it('hands out so many at once, and the next when one comes back', async () => {
  const limited = permits();
  const [first] = [await limited.take(), await limited.take()];
  let third = false;
  const waiting = limited.take().then((release) => {
    third = true;
    return release;
  });
  await Promise.resolve();
  expect([limited.held, third]).toEqual([2, false]);
  first();
  await waiting;
  expect([limited.held, third]).toEqual([2, true]);
});

it('takes a permit back once', async () => {
  const limited = permits();
  const release = await limited.take();
  release();
  release();
  expect(limited.held).toBe(0);
});

it('refuses those who would wait in too long a queue', async () => {
  const limited = permits();
  const [first] = [await limited.take(), await limited.take()];
  const waiting = limited.take();
  await expect(limited.take()).rejects.toMatchObject({
    code: 'EUNAVAILABLE',
    message: 'too many things at once',
  });
  first();
  (await waiting)();
});

it('refuses those who have waited too long, and forgets them', async () => {
  const limited = permits(20);
  const held = [await limited.take(), await limited.take()];
  await expect(limited.take()).rejects.toMatchObject({ code: 'EUNAVAILABLE' });
  for (const release of held) release();
  expect(limited.held).toBe(0);
});
