import { LfsbError } from '../errors/index.ts';
import { parseSize } from './parse.ts';
import type { S3Config, SftpConfig, StorageConfig } from './storage.ts';

/** Most replicas of one server. */
export const REPLICAS_MAX = 8;

/** What is read of the AWS variables. */
export const AWS_VARIABLES = [
  'AWS_ENDPOINT_URL_S3',
  'AWS_REGION',
  'AWS_ACCESS_KEY',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_KEY',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
] as const;

export const STORAGE_VARIABLES = [
  'BUCKET_NAME',
  'LFSB_REPLICAS',
  'LFSB_LEVELS',
  'LFSB_SNAPSHOT',
  'LFSB_LEVEL0_BYTES',
  'LFSB_SFTP_KEY_PATH',
  'LFSB_SFTP_PASSPHRASE',
  'LFSB_SFTP_PASSWORD',
  'LFSB_SFTP_HOST_KEY',
  'LFSB_SFTP_KNOWN_HOSTS',
] as const;

/** Which authorities are trusted is a matter of the machine, and no sign of a bucket. */
const AWS_OF_THE_MACHINE = 'AWS_CA_BUNDLE';

type Get = (name: string) => string | undefined;

/**
 * Where transactions go for the long term (`protocol.md`, Environment).
 * @param names of all variables that are set
 * @throws LfsbError `ECONFIG`, naming the variables that are wrong or do not go together
 */
export function loadStorage(get: Get, names: readonly string[]): StorageConfig {
  const replicas = replicaUrls(get);
  refuseStrayAws(get, names, replicas);
  const level0 = get('LFSB_LEVEL0_BYTES');
  return {
    replicas,
    s3: s3Config(get),
    sftp: sftpConfig(get),
    levels: get('LFSB_LEVELS'),
    snapshot: get('LFSB_SNAPSHOT'),
    level0BytesMax: level0 === undefined ? undefined : parseSize('LFSB_LEVEL0_BYTES', level0),
  };
}

function replicaUrls(get: Get): string[] {
  const bucket = get('BUCKET_NAME');
  const listed = get('LFSB_REPLICAS');
  if (bucket !== undefined && listed !== undefined) {
    throw new LfsbError('ECONFIG', 'BUCKET_NAME and LFSB_REPLICAS are both set', {
      hint: `unset BUCKET_NAME and name the bucket in LFSB_REPLICAS=s3://${bucket}`,
    });
  }
  if (bucket !== undefined) return [bucketUrl(bucket)];
  const urls = (listed ?? '').split(',').map((url) => url.trim());
  if (listed === undefined) return [];
  if (urls.includes(''))
    throw new LfsbError('ECONFIG', 'LFSB_REPLICAS has an empty entry between its commas');
  if (urls.length > REPLICAS_MAX) {
    throw new LfsbError(
      'ECONFIG',
      `LFSB_REPLICAS names ${urls.length} replicas, at most ${REPLICAS_MAX} are kept`,
    );
  }
  // Not repeated: a URL may hold credentials by mistake, and this goes to the log.
  if (new Set(urls).size !== urls.length)
    throw new LfsbError('ECONFIG', 'LFSB_REPLICAS names a replica twice');
  return urls;
}

/** @throws LfsbError `ECONFIG` for what is no name of a bucket */
export function bucketUrl(bucket: string): string {
  if (/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) return `s3://${bucket}`;
  throw new LfsbError('ECONFIG', `BUCKET_NAME=${bucket} is not the name of a bucket`, {
    hint: 'give the name alone; a prefix goes into LFSB_REPLICAS=s3://BUCKET/PREFIX',
  });
}

/** Settings for a bucket and no bucket, those that are not read included: somebody believes that backups go there. */
function refuseStrayAws(get: Get, names: readonly string[], replicas: readonly string[]): void {
  if (replicas.some((url) => /^s3:/i.test(url))) return;
  const stray =
    AWS_VARIABLES.find((name) => get(name) !== undefined) ??
    names.find((name) => name.startsWith('AWS_') && name !== AWS_OF_THE_MACHINE);
  if (stray === undefined) return;
  throw new LfsbError('ECONFIG', `${stray} is set, but no bucket is: nothing would be stored there`, {
    hint: 'set BUCKET_NAME, or an s3:// URL in LFSB_REPLICAS, or unset the AWS variables',
  });
}

function s3Config(get: Get): S3Config {
  const accessKeyId = eitherSpelling(get, 'AWS_ACCESS_KEY_ID', 'AWS_ACCESS_KEY');
  const secretAccessKey = eitherSpelling(get, 'AWS_SECRET_ACCESS_KEY', 'AWS_SECRET_KEY');
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    const missing = accessKeyId === undefined ? 'AWS_ACCESS_KEY_ID' : 'AWS_SECRET_ACCESS_KEY';
    throw new LfsbError(
      'ECONFIG',
      `${missing} is missing: a key and its secret are set together or not at all`,
    );
  }
  const endpoint = get('AWS_ENDPOINT_URL_S3');
  if (endpoint !== undefined && !/^https?:\/\/[^/]/.test(endpoint)) {
    throw new LfsbError('ECONFIG', `AWS_ENDPOINT_URL_S3=${endpoint} is not an http:// or https:// URL`);
  }
  const [region, sessionToken] = [get('AWS_REGION'), get('AWS_SESSION_TOKEN')];
  return { endpoint, region, accessKeyId, secretAccessKey, sessionToken };
}

function sftpConfig(get: Get): SftpConfig {
  return {
    keyPath: get('LFSB_SFTP_KEY_PATH'),
    passphrase: get('LFSB_SFTP_PASSPHRASE'),
    password: get('LFSB_SFTP_PASSWORD'),
    hostKeys: (get('LFSB_SFTP_HOST_KEY') ?? '').split(',').flatMap((key) => key.trim() || []),
    knownHostsPath: get('LFSB_SFTP_KNOWN_HOSTS'),
  };
}

/** The values are secrets: only their names are said. */
function eitherSpelling(get: Get, name: string, other: string): string | undefined {
  const [value, alternative] = [get(name), get(other)];
  if (value !== undefined && alternative !== undefined && value !== alternative) {
    throw new LfsbError('ECONFIG', `${name} and ${other} are both set, and differ`, {
      hint: `unset ${other}`,
    });
  }
  return value ?? alternative;
}
