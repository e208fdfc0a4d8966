export { s3SettingsFrom } from './aws-variables.ts';
export { type BandwidthLimits, withBandwidth } from './bandwidth.ts';
export { sha256Hex, sha256Of, sourceOf } from './bytes.ts';
export type { FileView, MetadataReader } from './directory-file.ts';
export {
  isNotStored,
  isRetryable,
  StorageError,
  type StorageErrorCode,
} from './errors.ts';
export { FAULTS, type Fault, type FaultPlan, randomFaults, scriptedFaults } from './fault-plan.ts';
export { type FaultOptions, withFaults } from './faults.ts';
export { DELETE_KEYS_MAX, isKey, KEY_BYTES_MAX } from './keys.ts';
export { MemoryReplica } from './memory.ts';
export { METADATA_BYTES_MAX } from './metadata.ts';
export {
  LATENCY_BOUNDS_MS,
  METERED,
  type MeteredOperation,
  type MeterSnapshot,
  type OperationSnapshot,
  StorageMeter,
} from './meter.ts';
export { withMetering } from './metering.ts';
export { type OpenOptions, openReplica, SWEEP_AGE_MS } from './open.ts';
export type * from './replica.ts';
export { type RetryOptions, withRetries } from './retry.ts';
export { RETRY_LIMITS, type RetryLimits } from './retrying.ts';
export { withFolder } from './rooted.ts';
export type { S3Credentials, S3Settings } from './s3-settings.ts';
export type { SftpSettings, SftpState } from './sftp-settings.ts';
export { shortName } from './short-names.ts';
export { TIMEOUT_LIMITS, type TimeoutLimits, withTimeouts } from './timeouts.ts';
export { parseReplicaUrl, type ReplicaLocation } from './url.ts';
