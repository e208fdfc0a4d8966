import { LfsbError } from '../errors/index.ts';
import { type BandwidthLimits, withBandwidth } from './bandwidth.ts';
import type { MetadataReader } from './directory-file.ts';
import type { StorageMeter } from './meter.ts';
import { withMetering } from './metering.ts';
import type { Replica, ReplicaCapabilities } from './replica.ts';
import { type RetryOptions, withRetries } from './retry.ts';
import type { S3Settings } from './s3-settings.ts';
import type { SftpSettings, SftpState } from './sftp-settings.ts';
import { type TimeoutLimits, withTimeouts } from './timeouts.ts';
import { parseReplicaUrl, type ReplicaLocation } from './url.ts';

export interface OpenOptions {
  /** Needed for buckets. */
  readonly s3?: S3Settings | undefined;
  /** For SFTP servers. */
  readonly sftp?: SftpSettings | undefined;
  /** Told when the connection to an SFTP server came or went: once a change. */
  readonly onState?: ((state: SftpState) => void) | undefined;
  /** For directories, which store no metadata beside their files. */
  readonly readMetadata?: MetadataReader | undefined;
  /** Only to be read: nothing is made or written in a folder, here or on an SFTP server. */
  readonly readOnly?: boolean | undefined;
  /** A folder that is not there is not made: it was, so that it is a lost mount. */
  readonly mustBeThere?: boolean | undefined;
  /** Told when a folder, here or on an SFTP server, was found emptied and was made anew. */
  readonly onMadeAnew?: (() => void) | undefined;
  /** Counts each try. */
  readonly meter?: StorageMeter | undefined;
  readonly bandwidth?: BandwidthLimits | undefined;
  readonly retry?: RetryOptions | undefined;
  readonly timeouts?: Partial<TimeoutLimits> | undefined;
  /** What another thread has found out about the same bucket, so that it is not probed again. */
  readonly capabilities?: ReplicaCapabilities | undefined;
  /** Told of each request to a bucket, by the name of its operation. */
  readonly onRequest?: ((operation: string) => void) | undefined;
}

/** How old an unfinished put has to be before the sweep at a start takes it away, ms: no put takes a day. */
export const SWEEP_AGE_MS = 24 * 3600 * 1000;

/**
 * Opens the replica at `url` with retries, timeouts, and metering and limits if given. A bucket or a server
 * that does not answer is no reason to fail here; a directory that cannot be made is. ECONFIG for a URL that is none.
 */
export async function openReplica(url: string, options: OpenOptions = {}): Promise<Replica> {
  const place = await openPlace(parseReplicaUrl(url), options);
  const metered = options.meter === undefined ? place : withMetering(place, options.meter);
  // Each try has its own time, and is counted. Limits are outermost: tries again cost bandwidth too.
  const patient = withRetries(withTimeouts(metered, options.timeouts), options.retry);
  return options.bandwidth === undefined ? patient : withBandwidth(patient, options.bandwidth);
}

type FolderOptions = Pick<OpenOptions, 'readMetadata' | 'readOnly' | 'mustBeThere' | 'onMadeAnew'>;

function folderOptions({ readMetadata, readOnly, mustBeThere, onMadeAnew }: OpenOptions): FolderOptions {
  return { readMetadata, readOnly, mustBeThere, onMadeAnew };
}

async function openPlace(location: ReplicaLocation, options: OpenOptions): Promise<Replica> {
  if (location.kind === 'directory') {
    const { DirectoryReplica } = await import('./directory.ts');
    return DirectoryReplica.open(location.path, folderOptions(options));
  }
  if (location.kind === 'sftp') {
    const { openSftpReplica } = await import('./sftp.ts');
    const { sftp: settings = {}, onState } = options;
    return openSftpReplica({ location, settings, onState, ...folderOptions(options) });
  }
  if (options.s3 === undefined)
    throw new LfsbError('ECONFIG', `no S3 settings for bucket ${location.bucket}`);
  const { S3Replica } = await import('./s3.ts');
  const { bucket, prefix } = location;
  const { s3: settings, capabilities, onRequest } = options;
  return S3Replica.open({ bucket, prefix, settings, capabilities, onRequest });
}
