import type { DatabaseView, ReplicaView } from '../../src/agent/inspect/view.ts';
import { isLow } from '../../src/agent/low-space.ts';
import { humanAge, humanBytes } from '../human.ts';
import { columns, warning } from '../table.ts';

const HEAD = [
  'DATABASE',
  'REPLICA',
  'STATE',
  'TXID',
  'LAG',
  'LAST SUCCESS',
  'WINDOW',
  'VALIDATED',
  'SIZE',
  'FREE',
];

/** A line for each replica of each database. @param now ms */
export const databasesTable = (views: readonly DatabaseView[], now: number): string =>
  columns(
    HEAD,
    views.flatMap((view) => view.replicas.map((replica) => row(view, replica, now))),
  );

function row({ path, txid }: DatabaseView, replica: ReplicaView, now: number): string[] {
  const { window, validation, space, lagMs, state, lastSuccessAt } = replica;
  return [
    path,
    replica.url,
    state,
    replica.txid === txid || txid === null ? shown(replica.txid) : `${shown(replica.txid)} of ${shown(txid)}`,
    lagMs === 0 ? '0s' : humanAge(lagMs),
    lastSuccessAt === null ? 'never' : ago(lastSuccessAt, now),
    window === null ? '-' : `${utc(window.first.timestamp)} .. ${utc(window.last.timestamp)}`,
    validation === null ? 'never' : `${validation.passed ? 'passed' : 'failed'} ${ago(validation.at, now)}`,
    humanBytes(replica.sizeBytes),
    space === null ? '-' : humanBytes(space.freeBytes),
  ];
}

/** A TXID as `--txid` takes it. */
const shown = (txid: string | null): string =>
  txid === null ? '-' : `0x${BigInt(`0x${txid}`).toString(16)}`;

const ago = (ms: number, now: number): string => `${humanAge(now - ms)} ago`;

/** To the second: a point is asked for by a time that is not before it. */
const utc = (ms: number): string => `${new Date(Math.ceil(ms / 1_000) * 1_000).toISOString().slice(0, 19)}Z`;

/** What is to be told beside the table: what is wrong, and which databases no agent works for. */
export function remarks(views: readonly DatabaseView[]): string[] {
  return views.flatMap(({ path, isRunning, unreadable, replicas }) => [
    ...(unreadable === null ? [] : [warning(`${path}: its log cannot be read: ${unreadable}`)]),
    ...(isRunning === false ? [`${path}: no agent runs`] : []),
    ...replicas.flatMap(({ url, state, message, space }) => [
      ...(message === null ? [] : [`${path}: ${url}: ${state}: ${message}`]),
      ...(space !== null && isLow(space)
        ? [warning(`${path}: ${url}: only ${humanBytes(space.freeBytes)} are left there`)]
        : []),
    ]),
  ]);
}
