import type { Txid } from '../../ltx/index.ts';
import { sourced } from './files.ts';
import { History } from './history.ts';
import type { DatabaseCatalogue } from './types.ts';

/**
 * Transactions of level 0 that there are and that a catalogue leaves out, since a plan may be made without them:
 * those that end after `after` and before `before`.
 *
 * All replicas that the plan is for have them in files of their own, without a hole, so that no build begins
 * among them; and none of them goes by this plan. What their points are restored from is kept, as if all of them
 * were promised.
 */
export interface OmittedLevel0 {
  readonly after: Txid;
  readonly before: Txid;
}

/**
 * From the transaction on that ends here, plans for some replicas need level 0: what comes before it each of them
 * has in files of its own. 0 where one has a hole, and may need any of it.
 */
export function level0NeededFrom(
  { replicas }: Pick<DatabaseCatalogue, 'replicas'>,
  names: readonly string[],
): Txid {
  const ends = names.map((name) => {
    const { tip, unreachable } = new History(sourced(name, replicas.get(name) ?? []));
    return unreachable.length > 0 ? 0n : (tip?.last.file.maxTxid ?? 0n);
  });
  return ends.reduce((lowest, end) => (end < lowest ? end : lowest), ends[0] ?? 0n);
}
