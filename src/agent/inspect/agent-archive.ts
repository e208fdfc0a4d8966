import { ReplicaSet, unknownReplica } from '../../compactor/run/replica-set.ts';
import { SegmentReader } from '../../compactor/run/seal-source.ts';
import type { ReplicaConfig } from '../../config/litestream/types.ts';
import { LfsbError } from '../../errors/index.ts';
import type { Archive, ArchivePage, ArchiveRequest } from '../../log/index.ts';
import { selectFrom } from '../../log/seal/archive.ts';
import { replicaNameOf } from '../names.ts';
import { openPlace, type PlaceOptions } from '../restore/open-place.ts';

/** The events of an agent's log that have left its meta directory, on the replicas of the configuration. */
export class AgentArchive implements Archive {
  readonly #replicas: ReplicaSet;
  readonly #segments: SegmentReader;

  /** Nothing is opened before an event is asked for. @param configs none: nothing that has left can be read */
  constructor(configs: readonly ReplicaConfig[], options: PlaceOptions) {
    this.#replicas = new ReplicaSet(async (name) => {
      const config = configs.find((each) => replicaNameOf(each) === name);
      if (config === undefined) throw unknownReplica(name);
      const replica = await openPlace(config, options);
      if (replica === null) throw new LfsbError('EUNAVAILABLE', `${config.url} is not there`);
      return replica;
    });
    this.#segments = new SegmentReader(this.#replicas);
  }

  /** @throws LfsbError `ECORRUPT`; JobError of a replica that does not give it */
  async read(request: ArchiveRequest): Promise<ArchivePage> {
    return selectFrom(await this.#segments.open(request.segment), request);
  }

  close(): Promise<void> {
    return this.#replicas.close();
  }
}
