import type { BuildAction } from './actions.ts';
import type { ReplicaView } from './context.ts';
import type { SourcedFile } from './files.ts';
import type { StoredFile } from './types.ts';

/** Stores a file that is known, on a replica that lacks it, under the name that it has elsewhere or had there. */
export function buildOfFile(
  view: ReplicaView,
  file: StoredFile,
  inputs: readonly SourcedFile[],
  reason: string,
): BuildAction {
  const { cluster, db, incarnation } = view.catalogue;
  const { sizeBytes: _, ...output } = file;
  const name = { cluster, db, incarnation, replica: view.replica };
  const asSnapshot = file.minTxid === 1n;
  return { kind: 'build', ...name, output, inputs, asSnapshot, waitingSince: file.receivedAt, reason };
}
