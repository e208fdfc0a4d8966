import type { Actor, EventDraft } from '../../../src/events/index.ts';
import type { Handlers } from '../../../src/log/index.ts';
import type { Projection } from '../../../src/projections/projection.ts';

export declare const toyProjection: Projection;
export declare const projections: readonly Projection[];
export declare const toyActor: Actor;
export declare const handlers: Handlers;
export declare function toyStream(db: string): string;
export declare function toyDraft(db: string, pageSize?: number): EventDraft<'database.created'>;
export declare function createHandlers(context: unknown, options: unknown): Handlers;
