import type { LogEvent } from '../../src/client/index.ts';
import { humanBytes } from '../human.ts';
import { withOffset } from '../time/civil.ts';

type Body = Readonly<Record<string, unknown>>;

const pages = (count: unknown): string => (count === 1 ? '1 page' : `${count} pages`);
const amount = (body: Body): string => `${pages(body['pages'])}, ${humanBytes(Number(body['sizeBytes']))}`;
const range = ({ minTxid, maxTxid }: Body): string =>
  minTxid === maxTxid ? `transaction ${maxTxid}` : `transactions ${minTxid} to ${maxTxid}`;
const time = (ms: unknown): string => withOffset(Number(ms));
const file = (body: Body): string => `level ${body['level']} file ${body['minTxid']}-${body['maxTxid']}`;
const forced = (body: Body): string => (body['journalModeForced'] === true ? ', kept in WAL mode' : '');

/** What each type of event means, in words. */
const WORDS: Readonly<Record<string, (body: Body) => string>> = {
  'server.started': (b) => `the server started: lfsb ${b['version']} in ${b['dataDirectory']}`,
  'server.stopped': (b) => `the server stopped: ${b['reason']}`,
  'clock.suspect': (b) => `the clock jumped from ${time(b['expected'])} to ${time(b['wall'])}`,
  'clock.cleared': (b) => `the clock is trusted again, says ${b['by']}`,
  'database.created': (b) => `created, ${b['pageSize']} B pages`,
  'database.deleted': (b) => `deleted with its backups, at transaction ${b['txid']}`,
  'transaction.ingested': (b) => `took in ${range(b)} (${amount(b)})`,
  'transaction.rebased': (b) => `took in a new beginning, ${range(b)} (${amount(b)})`,
  'transaction.imported': (b) => `imported a file as ${range(b)} (${amount(b)})${forced(b)}`,
  'transaction.restored': (b) => `${restored(b)} as ${range(b)} (${amount(b)})${forced(b)}`,
  'ingest.refused': (b) => `refused ${refused(b)}: ${b['message']} [${b['code']}]${suppressed(b)}`,
  'position.withheld': (b) => `waits for a full snapshot: its files fail since ${time(b['failingSince'])}`,
  'primary.changed': (b) =>
    b['previous'] === null
      ? `first primary: ${b['current']}`
      : `another primary: ${b['current']} instead of ${b['previous']}`,
  'storage.configured': (b) => `storage configured: levels ${b['levels']}, snapshot ${b['snapshot']}`,
  'file.stored': (b) => `stored ${file(b)} (${humanBytes(Number(b['sizeBytes']))}) on ${b['replica']}`,
  'file.expired': (b) => `expired ${file(b)} on ${b['replica']}: ${b['reason']}`,
  'payloads.expired': (b) => `let ${b['count']} single transactions go, through ${b['throughTxid']}`,
  'replica.failed': (b) => `replica ${b['replica']} failed: ${b['message']} [${b['code']}]`,
  'replica.recovered': (b) => `replica ${b['replica']} is back, after ${time(b['failedSince'])}`,
  'database.purged': (b) => `nothing of it is left on ${b['replica']} (${b['objects']} objects)`,
};

function restored(body: Body): string {
  const target = Object(body['target']) as Body;
  return `set back to ${target['txid']} of ${time(target['timestamp'])}`;
}

function refused(body: Body): string {
  return body['maxTxid'] === null ? 'a transaction' : range(body);
}

const suppressed = (body: Body): string =>
  Number(body['suppressed']) > 0 ? `, and ${body['suppressed']} more like it` : '';

/** What happened, in words; a type that this release does not know is its name. */
export const wordsOf = ({ type, body }: LogEvent): string =>
  Object.hasOwn(WORDS, type) ? WORDS[type]!(body) : type;

/** Who asked. */
export function whoOf({ actor }: LogEvent): string {
  if (actor.token === 'system') return 'the server';
  return actor.address === null ? actor.token : `${actor.token} at ${actor.address}`;
}

/** An event as a line of the story: number, time, database, what happened, who asked. */
export function storyLine(event: LogEvent): string {
  const db = typeof event.body['db'] === 'string' ? `${event.body['db']}: ` : '';
  return `${String(event.seq).padStart(6)}  ${withOffset(event.time)}  ${db}${wordsOf(event)} · ${whoOf(event)}`;
}
