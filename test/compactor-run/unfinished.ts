import { putRow } from '../../src/engine/writer/outbox.ts';
import type { World } from './world.ts';

const FIRST = '0000000000000001';

/** Has the first file of level 1 of `a.db` be one that was begun and has no outcome. */
export function unfinished(world: World, kind: 'put' | 'undo'): void {
  const file = {
    cluster: 'shop',
    db: 'a.db',
    incarnation: 1,
    replica: 'one',
    level: 1,
    minTxid: FIRST,
    maxTxid: FIRST,
  };
  world.engine.log.transaction(() => {
    putRow(world.engine.log.sql, {
      ...file,
      kind,
      key: `shop/a.db/1/${FIRST}-${FIRST}.ltx`,
      reason: 'a test',
      begunAt: world.now,
      step: null,
    });
  });
}
