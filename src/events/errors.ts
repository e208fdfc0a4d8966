/** What can be wrong with an event itself, apart from where it is stored. */
export type EventErrorCode = 'EEVENTTYPE' | 'EEVENTSCHEMA' | 'EEVENTBODY' | 'ECANONICAL';

/**
 * An event that cannot be written or understood.
 *
 * - `EEVENTTYPE`: its type is not in the catalogue (a newer release wrote it, or it is damaged);
 * - `EEVENTSCHEMA`: its schema version is newer than this release knows, or has no way up;
 * - `EEVENTBODY`: its body or envelope does not have the catalogue's shape;
 * - `ECANONICAL`: its value has no canonical JSON form (undefined, NaN, bigint, a lone surrogate, too deep).
 */
export class EventError extends Error {
  override readonly name = 'EventError';
  readonly code: EventErrorCode;

  constructor(code: EventErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
