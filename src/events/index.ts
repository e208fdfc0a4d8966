export { CLUSTER_PATTERN, DATABASE_PATTERN } from './bodies/fields.ts';
export { DRILL_FILES_NAMED_MAX } from './bodies/storage.ts';
export { canonicalize, type Json } from './canonical.ts';
export {
  EVENT_TYPES,
  type EventBody,
  type EventType,
  isEventType,
  schemaVersion,
  type TransactionType,
  type Upcast,
  upcast,
  validateBody,
} from './catalogue.ts';
export { chainHash, digestOf, formatHead, GENESIS_HASH, HASH_BYTES, type Head, parseHead } from './chain.ts';
export {
  type Envelope,
  type Place,
  parseEnvelope,
  readEvent,
  recordEvent,
  type StoredEvent,
} from './envelope.ts';
export { EventError, type EventErrorCode } from './errors.ts';
export { type Actor, type EventDraft, type RecordedEvent, SYSTEM_ACTOR } from './event.ts';
export {
  clusterStream,
  databaseStream,
  refusalsStream,
  replicaStream,
  SERVER_STREAM,
  storageStream,
} from './streams.ts';
