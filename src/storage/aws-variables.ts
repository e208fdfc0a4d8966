import { LfsbError } from '../errors/index.ts';
import { DEFAULT_REGION, type S3Settings } from './s3-settings.ts';

/** The S3 settings that the AWS variables name; the caller has settled which spelling of a key counts. */
export function s3SettingsFrom(given: {
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  readonly accessKeyId?: string | undefined;
  readonly secretAccessKey?: string | undefined;
  readonly sessionToken?: string | undefined;
  readonly forcePathStyle?: boolean | undefined;
}): S3Settings {
  const { accessKeyId, secretAccessKey, sessionToken, endpoint = null } = given;
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    throw new LfsbError('ECONFIG', 'an access key and its secret are given together or not at all');
  }
  const credentials =
    accessKeyId === undefined || secretAccessKey === undefined
      ? null
      : { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
  const forcePathStyle = given.forcePathStyle ?? endpoint !== null;
  return { endpoint, region: given.region ?? DEFAULT_REGION, credentials, forcePathStyle };
}
