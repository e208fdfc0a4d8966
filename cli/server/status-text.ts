import type { DatabaseStatus, ReplicaStatus, Status } from '../../src/client/index.ts';
import { humanAge, humanBytes } from '../human.ts';
import { bold, columns, warning } from '../table.ts';

/** How a server fares, for a person: itself, its replicas, its databases. */
export function statusText(status: Status, origin: string): string {
  const { server, clock, disk, replicas, databases } = status;
  const age = (time: string): string => humanAge(Date.parse(server.time) - Date.parse(time));
  const head = [
    `${bold(`lfsb ${server.version}`)} at ${origin}, up ${age(server.startedAt)}`,
    `clock  ${clockText(clock)}`,
    `disk   ${humanBytes(disk.freeBytes)} free of ${humanBytes(disk.totalBytes)} at ${disk.dataDirectory}; ` +
      `the log takes ${humanBytes(disk.logBytes)}, single transactions ${humanBytes(disk.level0Bytes)}`,
  ];
  const rows = replicas.map((replica) => replicaRow(replica, databases));
  const parts = [`${head.join('\n')}\n\n`, columns(['REPLICA', 'STATE', 'LAG', 'UNDER WAY', 'DUE'], rows)];
  if (databases.length > 0) {
    const names = ['DATABASE', 'TXID', 'SIZE', 'LAST CHANGE', 'SAFE UP TO', 'LAG', 'LAST DRILL'];
    parts.push(
      '\n',
      columns(
        names,
        databases.map((each) => databaseRow(each, age)),
      ),
    );
  }
  return [...parts, ...damageLines(databases)].join('');
}

/** What is missing or damaged of the databases that are shown, a line each. */
const damageLines = (databases: readonly DatabaseStatus[]): string[] =>
  databases
    .flatMap(({ database, damaged = [] }) => damaged.map((file) => ({ database, ...file })))
    .map(
      ({ database, replica, level, minTxid, maxTxid, found, since }, at) =>
        `${at === 0 ? '\n' : ''}${warning(`${found} on ${replica} since ${since}`)}: ${database}, level ${level}, ${minTxid}-${maxTxid}\n`,
    );

function replicaRow(replica: ReplicaStatus, databases: readonly DatabaseStatus[]): string[] {
  const { name, required, state, failingSince, code, message, storing, deleting, retrying } = replica;
  const lags = databases.flatMap((each) => each.replicas.filter((one) => one.replica === name));
  const work = Object.entries({ storing, deleting, retrying }).filter(([, count]) => count > 0);
  const failing = state === 'failing' ? `FAILING since ${failingSince}: ${message} [${code}]` : 'ok';
  return [
    required ? name : `${name} (not required)`,
    failing,
    lagText(Math.max(0, ...lags.map(({ lagMs }) => lagMs))),
    work.map(([what, count]) => `${what} ${count}`).join(', ') || '-',
    dueText(replica.due),
  ];
}

/** What a replica has yet to store and to delete; a database that waits for its plan may have more. */
function dueText({ databases, builds, deletes }: ReplicaStatus['due']): string {
  const due = [
    builds > 0 ? `store ${builds}` : '',
    deletes > 0 ? `delete ${deletes}` : '',
    databases > 0 ? `${databases} ${databases === 1 ? 'database waits' : 'databases wait'}` : '',
  ];
  return due.filter((each) => each !== '').join(', ') || '-';
}

function databaseRow(each: DatabaseStatus, age: (time: string) => string): string[] {
  const { database, txid, sizeBytes, timestamp, highWaterMark, withheld, lastDrill } = each;
  const drill =
    lastDrill === null
      ? 'never'
      : `${lastDrill.outcome === 'passed' ? 'ok' : 'FAILED'} ${age(lastDrill.time)} ago`;
  return [
    withheld ? `${database} (waits for a snapshot)` : database,
    txid,
    humanBytes(sizeBytes),
    `${age(timestamp)} ago`,
    highWaterMark,
    lagText(Math.max(0, ...each.replicas.map(({ lagMs }) => lagMs))),
    drill,
  ];
}

const lagText = (ms: number): string => (ms === 0 ? '-' : humanAge(ms));

function clockText({ state, suspectSince, doubtedMs }: Status['clock']): string {
  if (state === 'suspect') return warning(`not trusted since ${suspectSince}: nothing expires`);
  return state === 'doubted' ? `doubted: what expires does so ${humanAge(doubtedMs)} later` : 'trusted';
}
