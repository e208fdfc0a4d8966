import type { LogEvent } from '../../src/client/index.ts';
import { humanBytes, humanDuration } from '../human.ts';
import { withOffset } from '../time/civil.ts';
import { countOf } from '../words.ts';
import type { Run } from './run.ts';

type Body = Readonly<Record<string, unknown>>;

/** A TXID as `--txid` takes it. */
const short = (txid: unknown): string => `0x${String(txid).replace(/^0+(?=.)/, '')}`;
const bytes = (text: unknown): string => humanBytes(Number(text));
const amount = (body: Body): string =>
  `${countOf(Number(body['pages']), 'page')}, ${bytes(body['sizeBytes'])}`;
const span = (min: unknown, max: unknown): string =>
  min === max ? `transaction ${short(max)}` : `transactions ${short(min)} to ${short(max)}`;
const range = ({ minTxid, maxTxid }: Body): string => span(minTxid, maxTxid);
const time = (ms: unknown): string => withOffset(Number(ms));
const forced = (body: Body): string => (body['journalModeForced'] === true ? ', kept in WAL mode' : '');
const LEVELS: Readonly<Record<string, string>> = { '9': 'a snapshot' };
const file = (body: Body): string =>
  `${LEVELS[String(body['level'])] ?? `a level ${body['level']} file`} of ${range(body)}`;

/** What each type of event means, in words. */
export const WORDS: Readonly<Record<string, (body: Body) => string>> = {
  'server.started': (b) => `the server started: lfsb ${b['version']} in ${b['dataDirectory']}`,
  'server.stopped': (b) => `the server stopped: ${b['reason']}`,
  'clock.suspect': (b) =>
    `the clock jumped from ${time(b['expected'])} to ${time(b['wall'])}: nothing expires`,
  'clock.cleared': (b) => `the clock is trusted again, says ${b['by']}`,
  'database.created': (b) =>
    `created, with pages of ${b['pageSize']} B${b['incarnation'] === 1 ? '' : `, for the ${b['incarnation']}. time`}`,
  'database.deleted': (b) => `deleted with its backups, at transaction ${short(b['txid'])}`,
  'database.verified': verified,
  'database.purged': (b) =>
    `nothing of it is left on ${b['replica']}: ${countOf(Number(b['objects']), 'object')} deleted`,
  'transaction.ingested': (b) => `took in ${range(b)} (${amount(b)})`,
  'transaction.rebased': (b) => `took in a new beginning, ${range(b)} (${amount(b)})`,
  'transaction.imported': (b) => `imported a file as ${range(b)} (${amount(b)})${forced(b)}`,
  'transaction.restored': (b) => `${restored(b)} as ${range(b)} (${amount(b)})${forced(b)}`,
  'ingest.refused': (b) => `refused ${refused(b)}: ${b['message']} [${b['code']}]${suppressed(b)}`,
  'position.withheld': (b) =>
    b['untilWhole'] === true
      ? 'waits for a full snapshot: what is stored does not lead to its newest transaction'
      : `waits for a full snapshot: its files fail since ${time(b['failingSince'])}`,
  'primary.changed': (b) =>
    b['previous'] === null
      ? `first primary: ${b['current']}`
      : `another primary: ${b['current']} instead of ${b['previous']}`,
  'storage.configured': (b) => `storage configured: levels ${b['levels']}, snapshot ${b['snapshot']}`,
  'file.stored': (b) => `stored ${file(b)} (${bytes(b['sizeBytes'])}) on ${b['replica']}`,
  'file.expired': (b) => `let go of ${file(b)} on ${b['replica']}: ${b['reason']}`,
  'file.damaged': (b) =>
    `${file(b)} is ${b['found'] === null ? 'missing' : 'damaged'} on ${b['replica']}: nothing is made of it any more`,
  'file.found': (b) => `${file(b)} is there again on ${b['replica']}, as it was stored`,
  'payloads.expired': (b) =>
    `let go of ${countOf(Number(b['count']), 'single transaction')} (${bytes(b['bytes'])}), through ${short(b['throughTxid'])}`,
  'log.sealed': (b) =>
    `sealed events ${b['firstSeq']} to ${b['lastSeq']} of the log (${bytes(b['sizeBytes'])}) on ${b['replica']}`,
  'checkpoint.stored': (b) =>
    `stored a checkpoint of event ${b['seq']} (${bytes(b['sizeBytes'])}) on ${b['replica']}`,
  'checkpoint.expired': (b) => `let go of the checkpoint of event ${b['seq']} on ${b['replica']}`,
  'replica.failed': (b) => `replica ${b['replica']} failed: ${b['message']} [${b['code']}]`,
  'replica.recovered': (b) =>
    `replica ${b['replica']} is back; it had failed since ${time(b['failedSince'])}`,
};

/** Many events of one type in a row, in words. */
const MANY: Readonly<Record<string, (run: Run) => string>> = {
  'transaction.ingested': ({ first, last, pages, bytes: sum }) =>
    `took in ${span(first.body['minTxid'], last.body['maxTxid'])} (${countOf(pages, 'page')}, ${humanBytes(sum)})`,
  'file.stored': ({ first, count, bytes: sum }) =>
    `stored ${countOf(count, 'file')} (${humanBytes(sum)}) on ${first.body['replica']}`,
  'file.expired': ({ first, count }) => `let go of ${countOf(count, 'file')} on ${first.body['replica']}`,
};

/** Types of which many in a row are told as one. */
export const JOINED = new Set(Object.keys(MANY));

export const runWords = (run: Run): string => MANY[run.first.type]!(run);

/** What happened, in words; a type that this release does not know is its name. */
export const wordsOf = ({ type, body }: LogEvent): string =>
  Object.hasOwn(WORDS, type) ? WORDS[type]!(body) : type;

/** Something that a person should look into. */
export const isBad = ({ type, body }: LogEvent): boolean =>
  ['ingest.refused', 'position.withheld', 'file.damaged', 'clock.suspect', 'replica.failed'].includes(type) ||
  body['outcome'] === 'failed';

function restored(body: Body): string {
  const target = Object(body['target']) as Body;
  return `set back to transaction ${short(target['txid'])} of ${time(target['timestamp'])}`;
}

function refused(body: Body): string {
  return body['maxTxid'] === null ? 'a transaction' : range(body);
}

const suppressed = (body: Body): string =>
  Number(body['suppressed']) > 0 ? `, and ${body['suppressed']} more like it` : '';

function verified(body: Body): string {
  const { outcome, failed, durationMs } = body;
  const replicas = body['replicas'] as readonly string[];
  const where = replicas.length === 0 ? 'the data directory' : replicas.join(' and ');
  const points = countOf(Number(body['points']), 'point');
  const read = body['bytes'] === '0' ? '' : `${bytes(body['bytes'])} `;
  const took = `(${read}in ${humanDuration(Number(durationMs))})`;
  if (outcome === 'passed') return `verified ${points} up to ${short(body['txid'])} on ${where} ${took}`;
  const { message, code } = Object(body['failure']) as Body;
  return `FAILED its drill, ${failed} of ${points} on ${where}: ${message} [${code}]`;
}
