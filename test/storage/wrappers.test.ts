import { withBandwidth } from '../../src/storage/bandwidth.ts';
import { randomFaults, scriptedFaults } from '../../src/storage/fault-plan.ts';
import { withFaults } from '../../src/storage/faults.ts';
import { MemoryReplica } from '../../src/storage/memory.ts';
import { StorageMeter } from '../../src/storage/meter.ts';
import { withMetering } from '../../src/storage/metering.ts';
import type { Replica } from '../../src/storage/replica.ts';
import { withRetries } from '../../src/storage/retry.ts';
import { withTimeouts } from '../../src/storage/timeouts.ts';
import { Random } from '../support/random.ts';
import { replicaContract } from './contract.ts';

const contractOf = (name: string, wrap: (inner: Replica) => Replica): void =>
  replicaContract(name, {
    open: async () => wrap(new MemoryReplica()),
    leftovers: async () => [],
    largeBytes: 3_000_000,
  });

const instantly = { sleep: async () => undefined };

contractOf('a replica with retries', (inner) => withRetries(inner, instantly));
contractOf('a replica with timeouts', (inner) => withTimeouts(inner));
contractOf('a replica that is metered', (inner) => withMetering(inner, new StorageMeter()));
contractOf('a replica with limited bandwidth', (inner) =>
  withBandwidth(inner, { uploadBytesPerSecond: 1e9, downloadBytesPerSecond: 1e9 }),
);
contractOf('a replica without faults', (inner) => withFaults(inner, scriptedFaults([])));

const random = new Random(4);
const plan = randomFaults(() => random.next(), 0.2, ['error-before', 'error-after', 'partial']);
const patient = { attemptsMax: 30, budgetMs: 60_000, delayMinMs: 1, delayMaxMs: 1 };
contractOf('a replica that fails every fifth time, with retries,', (inner) =>
  withRetries(withFaults(inner, plan), { ...instantly, limits: patient }),
);
