/** What the host of an `s3://` URL says, as Litestream reads it. */
export interface S3Host {
  readonly bucket: string;
  readonly region: string | undefined;
  readonly endpoint: string | undefined;
  readonly forcePathStyle: boolean | undefined;
}

interface Maker {
  readonly pattern: RegExp;
  /** Undefined: Amazon's own. */
  readonly endpoint?: (region: string) => string;
}

/** Hosts that name the bucket, the region and whose store it is. */
const MAKERS: readonly Maker[] = [
  { pattern: /^(?<bucket>.+)\.s3\.amazonaws\.com$/ },
  { pattern: /^(?<bucket>.+)\.s3[.-](?<region>[^.]+)\.amazonaws\.com$/ },
  {
    pattern: /^(?<bucket>.+)\.s3\.(?<region>[^.]+)\.backblazeb2\.com$/,
    endpoint: (region) => `https://s3.${region}.backblazeb2.com`,
  },
  {
    pattern: /^(?<bucket>.+)\.(?<region>[^.]+)\.digitaloceanspaces\.com$/,
    endpoint: (region) => `https://${region}.digitaloceanspaces.com`,
  },
  {
    pattern: /^(?<bucket>.+)\.(?<region>[^.]+)\.linodeobjects\.com$/,
    endpoint: (region) => `https://${region}.linodeobjects.com`,
  },
  {
    pattern: /^(?<bucket>.+)\.s3\.(?<region>[^.]+)\.scw\.cloud$/,
    endpoint: (region) => `https://s3.${region}.scw.cloud`,
  },
  { pattern: /^(?<bucket>.+)\.s3\.filebase\.com$/, endpoint: () => 'https://s3.filebase.com' },
];

/** The bucket alone, or the name that a store's maker gives it. */
export function parseS3Host(host: string, port: string): S3Host {
  const local = /^(?<bucket>.+)\.localhost$/.exec(host);
  if (local !== null) {
    const endpoint = `http://localhost${port === '' ? '' : `:${port}`}`;
    return { bucket: local.groups!['bucket']!, region: undefined, endpoint, forcePathStyle: true };
  }
  for (const { pattern, endpoint } of MAKERS) {
    const groups = pattern.exec(host)?.groups;
    if (groups === undefined) continue;
    const region = groups['region'];
    return {
      bucket: groups['bucket']!,
      region,
      endpoint: endpoint?.(region ?? ''),
      forcePathStyle: endpoint === undefined ? undefined : false,
    };
  }
  return { bucket: host, region: undefined, endpoint: undefined, forcePathStyle: undefined };
}
