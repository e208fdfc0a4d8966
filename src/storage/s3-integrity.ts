import { createHash } from 'node:crypto';
import type { ReplicaCapabilities } from './replica.ts';
import { setHeader } from './s3-client.ts';

/** How a store is made to check the bytes it gets; strongest first. */
export const INTEGRITIES = ['checksum-sha256', 'payload-sha256', 'content-md5', 'read-back'] as const;
export type Integrity = (typeof INTEGRITIES)[number] & ReplicaCapabilities['integrity'];

/** Bytes of one request. A stream has no MD5: it would have to be read twice. */
export interface Payload {
  readonly sha256: string;
  readonly md5: (() => string) | null;
}

export const payloadOf = (bytes: Uint8Array): Payload => ({
  sha256: createHash('sha256').update(bytes).digest('hex'),
  md5: () => createHash('md5').update(bytes).digest('base64'),
});

/** The fields of a PutObject or UploadPart request that hold the checksum which the store enforces. */
export function checksumFields(
  integrity: Integrity,
  payload: Payload,
): { ChecksumSHA256?: string; ContentMD5?: string } {
  if (integrity === 'checksum-sha256') {
    return { ChecksumSHA256: Buffer.from(payload.sha256, 'hex').toString('base64') };
  }
  if (integrity === 'content-md5' && payload.md5 !== null) return { ContentMD5: payload.md5() };
  return {};
}

/**
 * Signs the request with the hash of its payload. It is part of the signature everywhere, and most stores
 * compare it with what arrives.
 */
export function signPayload(command: Parameters<typeof setHeader>[0], payload: Payload): void {
  setHeader(command, 'x-amz-content-sha256', payload.sha256);
}

/** Whether bytes sent like this have to be read back to know that they arrived. */
export const mustReadBack = (integrity: Integrity, payload: Payload): boolean =>
  integrity === 'read-back' || (integrity === 'content-md5' && payload.md5 === null);
