import type { EventBody, EventType } from './catalogue.ts';

/** Who asked. `token` is a token's id, or `anonymous` (none was given), or `system` (the server itself). */
export interface Actor {
  readonly cluster: string | null;
  readonly token: string;
  readonly address: string | null;
  readonly request: string | null;
}

/** The server acting by itself: start, stop, clock, compaction. */
export const SYSTEM_ACTOR: Actor = { cluster: null, token: 'system', address: null, request: null };

/** What a decision wants recorded. A union over the types, so that `type` narrows `body`. */
export type EventDraft<T extends EventType = EventType> = {
  [K in T]: { readonly type: K; readonly body: EventBody<K> };
}[T];

/**
 * An event of the log. A union over the types, so that `type` narrows `body`.
 *
 * `seq` counts the log from 1, `version` its stream from 1, `time` is in ms UTC. `schema` is the version of
 * the body's schema as it was written, `body` is already upcast to the current one. `canonical` is the
 * stored text, whose bytes alone are hashed: digest and hash are 32 bytes each.
 */
export type RecordedEvent<T extends EventType = EventType> = {
  [K in T]: {
    readonly seq: number;
    readonly stream: string;
    readonly version: number;
    readonly type: K;
    readonly schema: number;
    readonly time: number;
    readonly actor: Actor;
    readonly body: EventBody<K>;
    readonly digest: Uint8Array;
    readonly hash: Uint8Array;
    readonly canonical: string;
  };
}[T];
