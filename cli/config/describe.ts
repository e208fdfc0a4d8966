import type {
  AgentConfig,
  DatabaseConfig,
  ReplicaConfig,
  ReplicaTarget,
} from '../../src/config/litestream/types.ts';
import { bold } from '../table.ts';

/** What `replicate` will do by a configuration, in sentences. */
export function describeAgent(config: AgentConfig): string {
  const { addr, exec, logging } = config;
  const general = [
    ...(exec === null ? [] : [`runs ${JSON.stringify(exec)} beside, and ends with it`]),
    addr === null ? 'serves no metrics: set addr' : `serves metrics on ${addr}`,
    `logs from ${logging.level} up as ${logging.format} to standard ${logging.stderr ? 'error' : 'output'}`,
  ];
  return `${general.join('\n')}\n${config.databases.map(databaseText).join('')}`;
}

function databaseText(database: DatabaseConfig): string {
  const { minCheckpointPages: pages, checkpointIntervalMs } = database;
  const idle =
    checkpointIntervalMs === null ? '' : `, or ${duration(checkpointIntervalMs)} after the last change`;
  const lines = [
    `looks for changes every ${duration(database.monitorIntervalMs)}`,
    `checkpoints when the WAL has ${pages} pages${idle}`,
    `waits up to ${duration(database.busyTimeoutMs)} for a lock`,
    `keeps its log and state in ${database.metaPath}`,
  ];
  const replicas = database.replicas.map((replica, at) => replicaText(replica, at === 0)).join('');
  return `\n${bold(database.path)}\n${indented(lines, 2)}${replicas}`;
}

function replicaText(replica: ReplicaConfig, required: boolean): string {
  const { snapshotIntervalMs: snapshot, validationIntervalMs: validation } = replica;
  const lines = [
    `a restore point every ${duration(replica.syncIntervalMs)} with changes, each for ${duration(replica.retentionMs)}`,
    snapshot === null
      ? 'a snapshot as often as the retention asks for'
      : `a snapshot every ${duration(snapshot)}`,
    validation === null
      ? 'never restored to prove it: set validation-interval'
      : `restored and compared every ${duration(validation)}`,
    ...accessText(replica.target),
  ];
  const rank = required ? 'must have a sync before it counts as stored' : 'follows the first one';
  return `  ${replica.name}: ${replica.url} (${rank})\n${indented(lines, 4)}`;
}

function accessText(target: ReplicaTarget): string[] {
  switch (target.type) {
    case 'file':
      return [];
    case 's3':
      return [
        `at ${target.endpoint ?? "Amazon's"}${target.region === undefined ? '' : `, region ${target.region}`}`,
        target.accessKeyId === undefined
          ? 'with the keys of the environment'
          : `with the access key ${target.accessKeyId}`,
      ];
    case 'sftp':
      return [sftpLogin(target), sftpTrust(target)];
  }
}

type Sftp = Extract<ReplicaTarget, { readonly type: 'sftp' }>;

function sftpLogin({ keyPath, passphrase, password }: Sftp): string {
  const key = keyPath === undefined ? "ssh's own keys and agent" : `the key ${keyPath}`;
  const ways = [`${key}${passphrase === undefined ? '' : ' and its passphrase'}`];
  if (password !== undefined) ways.push('a password');
  return `logs in with ${ways.join(', or ')}`;
}

function sftpTrust({ hostKeys, knownHostsPath }: Sftp): string {
  if (hostKeys.length > 0) return `trusts the host key that is configured, and no other`;
  const file = knownHostsPath ?? '~/.ssh/known_hosts';
  return `trusts the host key in ${file}, where the first one is remembered; another one is refused`;
}

const indented = (lines: readonly string[], by: number): string =>
  lines.map((line) => `${' '.repeat(by)}${line}\n`).join('');

const UNITS = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/** A duration as the file has it: `24h`, `1h30m`, `300ms`. */
export function duration(ms: number): string {
  let left = ms;
  let text = '';
  for (const [unit, size] of UNITS) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) text += `${count}${unit}`;
  }
  return text === '' ? '0s' : text;
}
