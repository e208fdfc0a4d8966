import { MemoryReplica } from '../../src/storage/memory.ts';
import { replicaContract } from './contract.ts';

replicaContract('the memory replica', {
  open: async () => new MemoryReplica(),
  leftovers: async () => [],
  largeBytes: 3_000_000,
});
