import { gather, sha256Hex, sourceOf } from '../../src/storage/bytes.ts';
import { StorageError } from '../../src/storage/errors.ts';
import type { ByteSource, ListOptions, Metadata, PutOptions, Replica } from '../../src/storage/replica.ts';

/** What an adapter's test gives: a place for the whole suite. */
export interface ReplicaFactory {
  open(): Promise<Replica>;
  /** Names of files or uploads that no put has finished, if the place can show them. */
  leftovers(): Promise<string[]>;
  /** Size of a large object: more than one part where the place takes uploads in parts. */
  readonly largeBytes: number;
}

/** What a test of the contract works with. */
export interface Given {
  readonly replica: Replica;
  /** Start of the test's own keys. */
  readonly folder: string;
  readonly factory: ReplicaFactory;
  /** What should come back of metadata that was put. */
  metadataOf(metadata: Metadata): Metadata;
}

/** Metadata as a stored transaction file has it. */
export const META = {
  'Page-Size': '4096',
  Commit: '3',
  Timestamp: '2026-01-02T03:04:05.678Z',
  'Pre-Apply-Checksum': '8000000000000000',
  'Post-Apply-Checksum': 'c0ffee00c0ffee00',
  'Log-Head': `17:${'ab'.repeat(32)}`,
  Sha256: 'cd'.repeat(32),
};

/** Puts bytes with the size and the hash that they have. */
export const put = (
  replica: Replica,
  key: string,
  bytes: Uint8Array,
  options: Partial<PutOptions> = {},
): Promise<void> =>
  replica.put(key, sourceOf(bytes), {
    sizeBytes: bytes.byteLength,
    sha256: sha256Hex(bytes),
    metadata: {},
    ...options,
  });

export const read = async (replica: Replica, key: string): Promise<Buffer> => {
  const body = await replica.get(key);
  return gather(body, body.sizeBytes);
};

/** The code of the StorageError that `attempt` rejects with. */
export async function code(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return 'no error';
  } catch (error) {
    if (error instanceof StorageError) return error.code;
    throw error;
  }
}

export async function keysOf(replica: Replica, prefix: string, options: ListOptions = {}): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of replica.list(prefix, options)) keys.push(key);
  return keys;
}

/** A source that throws `error` after `part` of its bytes. */
export const interrupted = (bytes: Uint8Array, part: number, error: Error): ByteSource => ({
  async *open() {
    const end = Math.floor(bytes.byteLength * part);
    for (let at = 0; at < end; at += 50_000) yield bytes.subarray(at, Math.min(at + 50_000, end));
    throw error;
  },
});
