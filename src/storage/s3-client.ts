import { createHash } from 'node:crypto';
import type * as Sdk from '@aws-sdk/client-s3';
import type { StoreDate } from './replica.ts';
import { CONNECT_TIMEOUT_MS, type S3Settings, SOCKET_TIMEOUT_MS, SOCKETS_MAX } from './s3-settings.ts';

/** The SDK and a client of it. Kept together because the SDK is loaded when it is needed: it takes 0.15 s. */
export interface S3Connection {
  readonly sdk: typeof Sdk;
  readonly client: Sdk.S3Client;
  /** The store's clock as of its last answer. */
  date(): StoreDate | null;
  /** Tells of each request before it is sent, by the name of its operation (`PutObject`). */
  onRequest: ((operation: string) => void) | null;
}

/** The requests and answers of the SDK, as far as they are touched here. */
interface Wire {
  readonly headers: Record<string, string>;
  readonly body?: unknown;
}

const isWire = (value: unknown): value is Wire =>
  typeof value === 'object' && value !== null && 'headers' in value && typeof value.headers === 'object';

/** Makes a client. Nothing is sent. */
export async function connectS3(settings: S3Settings): Promise<S3Connection> {
  // Its notice about Node versions to come is for those who build this, not for those who run it.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const sdk = await import('@aws-sdk/client-s3');
  const client = new sdk.S3Client({
    region: settings.region,
    forcePathStyle: settings.forcePathStyle,
    ...(settings.endpoint !== null && { endpoint: settings.endpoint }),
    ...(settings.credentials !== null && { credentials: credentialsOf(settings) }),
    // Tried again by the retry wrapper alone, which knows the budget.
    maxAttempts: 1,
    // Some stores refuse the CRC32 that the SDK would add; what is sent instead is found out by a probe.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: SOCKET_TIMEOUT_MS,
      httpAgent: { keepAlive: true, maxSockets: SOCKETS_MAX },
      httpsAgent: { keepAlive: true, maxSockets: SOCKETS_MAX },
    },
    logger: SILENT,
  });
  const connection: S3Connection & { last: StoreDate | null } = {
    sdk,
    client,
    last: null,
    date: () => connection.last,
    onRequest: null,
  };
  observe(
    client,
    (date) => {
      connection.last = date;
    },
    (operation) => connection.onRequest?.(operation),
  );
  return connection;
}

/** Errors are thrown; the SDK's own lines would tell them twice, and outside of the log. */
const SILENT = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

function credentialsOf({ credentials }: S3Settings): { accessKeyId: string; secretAccessKey: string } {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials!;
  return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
}

function observe(
  client: Sdk.S3Client,
  onDate: (date: StoreDate) => void,
  onRequest: (operation: string) => void,
): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      onRequest(String(context.commandName).replace(/Command$/, ''));
      const result = await next(args);
      const dateMs = isWire(result.response) ? Date.parse(result.response.headers['date'] ?? '') : Number.NaN;
      if (!Number.isNaN(dateMs)) onDate({ dateMs, receivedAtMs: performance.now() });
      return result;
    },
    { name: 'lfsbObserve', step: 'deserialize', priority: 'low' },
  );
  client.middlewareStack.add(
    (next, context) => async (args) => {
      if (context.commandName === 'DeleteObjectsCommand' && isWire(args.request)) useMd5(args.request);
      return next(args);
    },
    { name: 'lfsbDeleteMd5', step: 'build', priority: 'low' },
  );
}

/** Bulk deletion needs a checksum, and MD5 is the one that every store knows. */
function useMd5({ headers, body }: Wire): void {
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) return;
  for (const name of Object.keys(headers)) {
    if (/^x-amz-(checksum-|sdk-checksum-)/i.test(name)) delete headers[name];
  }
  headers['content-md5'] = createHash('md5').update(body).digest('base64');
}

/** Adds a header to the one request that `command` makes, before it is signed. */
export function setHeader(
  command: Sdk.PutObjectCommand | Sdk.UploadPartCommand,
  name: string,
  value: string,
): void {
  // The two differ in what they send and get, which a header has nothing to do with.
  (command as Sdk.PutObjectCommand).middlewareStack.add(
    (next) => async (args) => {
      if (isWire(args.request)) args.request.headers[name] = value;
      return next(args);
    },
    { name: `lfsbHeader-${name}`, step: 'build', priority: 'low' },
  );
}
