import type { ReplicaConfig } from '../config/litestream/types.ts';
// Not from the index: the thread that only hands settings on would load all of the storage.
import { s3SettingsFrom } from '../storage/aws-variables.ts';
import type { S3Settings, SftpSettings } from '../storage/index.ts';

/** A replica as a thread is told of it: plain data, its secrets readable. Never to be printed. */
export interface ReplicaData
  extends Pick<
    ReplicaConfig,
    'name' | 'url' | 'retentionMs' | 'syncIntervalMs' | 'snapshotIntervalMs' | 'validationIntervalMs'
  > {
  readonly s3: S3Settings | undefined;
  readonly sftp: SftpSettings | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** How a configured replica is opened. @throws LfsbError `ECONFIG` for a key without its secret */
export function replicaData(replica: ReplicaConfig, env: Environment): ReplicaData {
  const { name, url, retentionMs, syncIntervalMs, snapshotIntervalMs, validationIntervalMs, target } =
    replica;
  const kept = { name, url, retentionMs, syncIntervalMs, snapshotIntervalMs, validationIntervalMs };
  return {
    ...kept,
    s3: target.type === 's3' ? s3Settings(target, env) : undefined,
    sftp: target.type === 'sftp' ? sftpSettings(target) : undefined,
  };
}

function s3Settings(target: ReplicaConfig['target'] & { type: 's3' }, env: Environment): S3Settings {
  const own = target.accessKeyId !== undefined;
  return s3SettingsFrom({
    endpoint: target.endpoint ?? env['AWS_ENDPOINT_URL_S3'],
    region: target.region ?? env['AWS_REGION'],
    accessKeyId: target.accessKeyId ?? env['AWS_ACCESS_KEY_ID'] ?? env['AWS_ACCESS_KEY'],
    secretAccessKey:
      target.secretAccessKey?.reveal() ?? env['AWS_SECRET_ACCESS_KEY'] ?? env['AWS_SECRET_KEY'],
    sessionToken: own ? undefined : env['AWS_SESSION_TOKEN'],
    forcePathStyle: target.forcePathStyle,
  });
}

const sftpSettings = (target: ReplicaConfig['target'] & { type: 'sftp' }): SftpSettings => ({
  keyPath: target.keyPath,
  passphrase: target.passphrase?.reveal(),
  password: target.password?.reveal(),
  hostKeys: target.hostKeys,
  knownHostsPath: target.knownHostsPath,
  acceptNew: true,
});
