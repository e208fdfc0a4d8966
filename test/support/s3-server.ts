import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { S3Client } from '@aws-sdk/client-s3';
import { connectS3 } from '../../src/storage/s3-client.ts';
import type { S3Settings } from '../../src/storage/s3-settings.ts';
import { findTool } from './requires.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/s3-up.sh', import.meta.url));

/** A server that runs already, for many runs in a row: `scripts/s3-up.sh start DIR`. */
const RUNNING = process.env['LFSB_TEST_S3_ENDPOINT'];

/** Path of what the server needs most, for `requireTool`; undefined where S3 cannot be tested. */
export const s3Tool: string | undefined = RUNNING ?? (findTool('ceph-osd', []) && findTool('radosgw', []));

/** Time to start, ms, with other work going on. */
export const S3_START_MS = 180_000;

/** Times that it is started, each on ports of its own: another process may take one of them before it does. */
const STARTS_MAX = 3;

/** A real S3 server. */
export interface S3Server {
  readonly settings: S3Settings;
  readonly client: S3Client;
  /** Makes a bucket, and says its name. */
  bucket(): Promise<string>;
  stop(): Promise<void>;
}

/** How to reach a test server at `endpoint`, or something in front of it. */
export const s3SettingsFor = (endpoint: string): S3Settings => ({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'lfsbtest', secretAccessKey: 'lfsbtest' },
  forcePathStyle: true,
});

/** Starts a server on free ports. It also ends when this process does: its input is a pipe from here. */
export async function startS3Server(): Promise<S3Server> {
  if (RUNNING !== undefined) return serverAt(RUNNING, async () => undefined);
  for (let start = 1; ; start++) {
    try {
      return await startOn(await freePorts(2));
    } catch (error) {
      if (start === STARTS_MAX) throw error;
    }
  }
}

async function startOn([port, monitorPort]: readonly number[]): Promise<S3Server> {
  const folder = await mkdtemp(join(tmpdir(), 'lfsb-s3-'));
  const child = spawn(SCRIPT, ['run', folder, String(port), String(monitorPort)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // A ^C at the terminal goes to the tests, which end the server in their turn.
    detached: true,
  });
  const stop = async (): Promise<void> => {
    await end(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    return await serverAt(await firstLine(child), stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function serverAt(endpoint: string, stop: () => Promise<void>): Promise<S3Server> {
  const settings = s3SettingsFor(endpoint);
  const { client, sdk } = await connectS3(settings);
  return {
    settings,
    client,
    async bucket() {
      const Bucket = `test-${randomUUID()}`;
      await client.send(new sdk.CreateBucketCommand({ Bucket }));
      return Bucket;
    },
    async stop() {
      client.destroy();
      await stop();
    },
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout! })) return line;
  throw new Error(`${SCRIPT} ended without an endpoint`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.stdin!.end();
  await ended;
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
