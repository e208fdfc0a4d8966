import fc from 'fast-check';
import { checkBound } from './bound.ts';
import { checkComplete } from './completeness.ts';
import { Broken, type World } from './world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const TEN_YEARS = 10 * 366 * 24 * HOUR;

/** A piece of a history; `n` says how much of it. */
export interface Episode {
  readonly kind:
    | 'busy'
    | 'slow'
    | 'idle'
    | 'drop'
    | 'rebase'
    | 'primaryAhead'
    | 'serverAhead'
    | 'offline'
    | 'outage'
    | 'backupOutage'
    | 'crashes';
  readonly n: number;
}

export const episode: fc.Arbitrary<Episode> = fc.record({
  kind: fc.constantFrom<Episode['kind'][]>(
    'busy',
    'busy',
    'slow',
    'slow',
    'idle',
    'idle',
    'drop',
    'rebase',
    'primaryAhead',
    'serverAhead',
    'offline',
    'outage',
    'backupOutage',
    'crashes',
  ),
  n: fc.integer({ min: 1, max: 12 }),
});

export const history = fc.record({
  seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  replicas: fc.constantFrom(['one'], ['one', 'two'], ['one', 'two', 'three']),
  episodes: fc.array(episode, { minLength: 4, maxLength: 14 }),
});

/** Lives through a history, checking all promises after each step; at its end time goes on until all is quiet. */
export function live(world: World, episodes: readonly Episode[]): void {
  world.receive(world.database.write(world.clock, world.time));
  for (const each of episodes) liveThrough(world, each);
  settle(world);
  // A clock that was wrong puts borders where they would not be, and that is all it does.
  if (!episodes.some(({ kind }) => kind === 'serverAhead')) checkComplete(world);
  pass(world, 30, 30 * MINUTE, false);
  checkBound(world);
}

function liveThrough(world: World, { kind, n }: Episode): void {
  const { database, random } = world;
  switch (kind) {
    case 'busy':
      for (let i = 0; i < n * 6; i++) write(world, random.int(200, 4_000), random.int(0, 1_500));
      return;
    case 'slow':
      for (let i = 0; i < n * 2; i++) write(world, random.int(SECOND, 5 * MINUTE), random.int(0, 3_000));
      return;
    case 'idle':
      pass(world, 12, (n * HOUR) / 12, random.chance(0.3));
      return;
    case 'drop':
      if (database.newest!.commit > 0) world.receive(database.drop(world.clock, world.time));
      if (random.chance(0.5)) tick(world, random.int(SECOND, 20 * MINUTE), false);
      write(world, SECOND, 0);
      return;
    case 'rebase':
      if (random.chance(0.5)) world.receive(database.rebase(world.clock, world.time));
      write(world, random.int(100, MINUTE), 0);
      return;
    case 'primaryAhead':
      world.receive(database.write(world.clock, world.time + TEN_YEARS));
      write(world, SECOND, 0);
      return;
    case 'serverAhead':
      world.skew = random.chance(0.5) ? TEN_YEARS : -TEN_YEARS;
      for (let i = 0; i < n; i++) write(world, random.int(SECOND, MINUTE), 0);
      world.skew = 0;
      return;
    case 'offline':
      offline(world, n);
      return;
    case 'outage':
      outage(world, 'one', n);
      return;
    case 'backupOutage':
      outage(world, 'two', n);
      return;
    case 'crashes':
      for (let i = 0; i < n * 4; i++) {
        world.receive(database.write(world.clock, world.time));
        tick(world, random.int(100, 30 * SECOND), true);
      }
      return;
  }
}

/** A primary that could not reach the server for hours sends what it has, as old as it is. */
function offline(world: World, n: number): void {
  const left = world.time;
  pass(world, 4, (n * HOUR) / 4, false);
  const away = world.time - left;
  for (let i = 1; i <= n * 3; i++) {
    world.receive(world.database.write(world.clock, left + (away * i) / (n * 3)));
    tick(world, 100, false);
  }
}

function outage(world: World, replica: string, n: number): void {
  if (!world.stored.has(replica)) return;
  world.down.add(replica);
  for (let i = 0; i < n * 3; i++) write(world, world.random.int(SECOND, 4 * MINUTE), 0);
  world.down.delete(replica);
}

function write(world: World, after: number, delay: number): void {
  world.time += after;
  world.receive(world.database.write(world.clock, world.time - delay));
  tick(world, world.random.int(0, 2_000), world.random.chance(0.15));
}

function pass(world: World, steps: number, length: number, crashes: boolean): void {
  for (let i = 0; i < steps; i++) tick(world, length, crashes);
}

function tick(world: World, after: number, crashes: boolean): void {
  world.time += after;
  world.step(crashes);
  world.check();
}

/** Plans until there is nothing left to do; that must come to an end. */
export function settle(world: World): void {
  for (let i = 0; i < 200; i++) {
    const { actions } = world.plan();
    if (!actions.some(({ kind }) => kind !== 'nothing')) return;
    world.step(false);
    world.check();
  }
  throw new Broken('there is always something left to do');
}
