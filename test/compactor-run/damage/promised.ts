import { expect } from 'vitest';
import { type SourcedFile, sourced } from '../../../src/compactor/plan/files.ts';
import { History, wayTo } from '../../../src/compactor/plan/history.ts';
import { loadCatalogue } from '../../../src/compactor/run/catalogue.ts';
import { objectKey } from '../../../src/compactor/run/object-key.ts';
import { endKey } from '../../property/compactor/support/restorable.ts';
import { DB, type Lossy } from './lossy.ts';

/** A point as a replica leads to it by itself. */
interface Led {
  /** When its promise ends, ms. */
  readonly until: number;
  /** Whether all files on the way are as they were stored. */
  readonly isSound: boolean;
}

/**
 * The points that each replica has promised and really leads to. What is harmed and not yet known to be is believed by
 * plans: what stood beside it may rightly go meanwhile.
 */
export class Promised {
  readonly #lossy: Lossy;
  /** By replica and state. */
  #led = new Map<string, Led>();

  constructor(lossy: Lossy) {
    this.#lossy = lossy;
  }

  /** What cannot be restored any more has just been harmed. */
  forgetHarmed(): void {
    this.#led = soundOnly(this.#ledNow());
  }

  /** Nothing else takes a promised point. */
  check(): void {
    const { now } = this.#lossy.world;
    const led = this.#ledNow();
    for (const [point, { until }] of this.#led) {
      if (until >= now) expect([...led.keys()], 'gone before its time').toContain(point);
    }
    this.#led = soundOnly(led);
  }

  #ledNow(): Map<string, Led> {
    const { world, harmed } = this.#lossy;
    const led = new Map<string, Led>();
    const catalogue = loadCatalogue(world.engine.log.sql, 'shop', DB)?.catalogue;
    const isHarmed = ({ replica, file }: SourcedFile): boolean =>
      harmed.has(`${replica}:${objectKey({ cluster: 'shop', db: DB }, file)}`);
    for (const [replica, files] of catalogue?.replicas ?? []) {
      const history = new History(sourced(replica, files));
      for (const file of files) {
        const point = history.endOf(file);
        if (point === undefined) continue;
        const { retentionMs } = world.config.levels.find(({ level }) => level === file.level)!;
        const id = `${replica} ${endKey(file)}`;
        const until = Math.max(file.effectiveTime, file.receivedAt) + retentionMs;
        led.set(id, {
          until: Math.max(until, led.get(id)?.until ?? 0),
          isSound: !wayTo(point).some(isHarmed),
        });
      }
    }
    return led;
  }
}

const soundOnly = (led: ReadonlyMap<string, Led>): Map<string, Led> =>
  new Map([...led].filter(([, { isSound }]) => isSound));
