import type { Random } from '../support/random.ts';
import type { Weather } from './litefs/wire.ts';

export type { Weather };

const STORMS: readonly Weather[] = ['no connection', 'cut body', 'answer lost', '503', 'names an instance'];

/** Fair, but for one request in 25. */
export const randomWeather = (random: Random): Weather =>
  random.chance(0.96) ? 'fair' : STORMS[random.int(0, STORMS.length - 1)]!;
