import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import type { Replica, ReplicaCapabilities } from '../../src/storage/replica.ts';
import { contractOfListing } from './contract-listing.ts';
import { contractOfPut } from './contract-put.ts';
import { contractOfReading } from './contract-reading.ts';
import type { Given, ReplicaFactory } from './using.ts';

/** Every obligation of `Replica`, run on one adapter. */
export function replicaContract(name: string, factory: ReplicaFactory): void {
  describe(`${name} keeps the contract of a replica`, () => {
    let replica: Replica;
    let capabilities: ReplicaCapabilities;
    let folder = '';
    let folders = 0;

    beforeAll(async () => {
      replica = await factory.open();
      capabilities = await replica.capabilities();
    });
    beforeEach(() => {
      folders++;
      folder = `t${folders}`;
    });
    afterAll(() => replica?.close());

    const given = (): Given => ({
      replica,
      folder,
      factory,
      metadataOf: (metadata) => (capabilities.metadata === 'stored' ? metadata : {}),
    });
    contractOfPut(given);
    contractOfReading(given);
    contractOfListing(given);
  });
}
