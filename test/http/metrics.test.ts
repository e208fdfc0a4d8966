import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_STORAGE } from '../../src/config/index.ts';
import { Driven } from '../compactor-run/driven.ts';
import { until } from '../compactor-run/until.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { TestServer } from '../support/server.ts';
import { tempDir } from '../support/temp-dir.ts';

describe('metrics', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  it('counts requests by method, route and status, whatever path the client makes up', async () => {
    const headers = { authorization: 'cluster test' };
    await fetch(`${server.url}/pos`, { headers });
    await fetch(`${server.url}/no/such/path`, { headers });
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toContain('lfsb_http_request_seconds_count{method="GET",route="/pos",status="200"} 1\n');
    expect(metrics).toContain('lfsb_http_request_seconds_count{method="GET",route="none",status="404"} 1\n');
    expect(metrics).not.toContain('such');
    expect(metrics).toContain('lfsb_ready 1\n');
  });
});

/** The value of a metric with these labels; undefined when there is none. */
async function metricOf(server: TestServer, metric: string): Promise<number | undefined> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`${metric} `));
  return line === undefined ? undefined : Number(line.slice(metric.length + 1));
}

describe('metrics of long-term storage', () => {
  it('tell what was stored where, at what cost, and how far each replica is behind', async () => {
    const good = tempDir();
    const bad = join(tempDir(), 'replica');
    writeFileSync(bad, 'a file, not a folder');
    const [one, two] = [pathToFileURL(good).href, pathToFileURL(bad).href];
    const driven = new Driven();
    // One level, whose files nothing is built from for weeks.
    const levels = { levels: '1:10s:4800h', snapshot: '2400h:7200h' };
    const config = { storage: { ...DEFAULT_STORAGE, ...levels, replicas: [one, two] } };
    await using server = await TestServer.start({ config, clock: driven.clock, timer: driven });
    const read = (metric: string): Promise<number | undefined> => metricOf(server, metric);
    const client = server.client('shop');
    const model = new ModelDatabase({ timestampMs: BigInt(driven.wall) });
    await client.post('a.db', model.mutate().ltx);
    await client.post('a.db', model.mutate().ltx);
    expect(await read(`lfsb_replica_lag_transactions{replica="${one}"}`)).toBe(2);
    expect(await read('lfsb_databases')).toBe(1);
    expect(await read('lfsb_level0_bytes')).toBeGreaterThan(0);
    await until(() => {
      driven.pass(5_000);
      const failing = server.query('SELECT * FROM replica WHERE failing_since IS NOT NULL');
      return failing.length === 1 && server.query('SELECT * FROM stored_file').length === 1;
    });
    // Facts are a few seconds old; nothing new is begun meanwhile.
    driven.wall += 61_000;
    driven.monotonic += 61_000;
    const [file] = readdirSync(join(good, 'shop/a.db/1'));
    expect(file).toBeDefined();
    const stored = Number(server.query('SELECT size_bytes FROM stored_file')[0]?.['size_bytes']);
    expect(await read(`lfsb_stored_bytes{replica="${one}",level="1"}`)).toBe(stored);
    expect(await read(`lfsb_stored_files{replica="${one}",level="1"}`)).toBe(1);
    expect(
      await read(`lfsb_replica_requests_total{replica="${one}",operation="put",outcome="ok"}`),
    ).toBeGreaterThanOrEqual(1);
    expect(await read(`lfsb_replica_bytes_total{replica="${one}",operation="put"}`)).toBeGreaterThanOrEqual(
      stored,
    );
    expect(
      await read(`lfsb_replica_request_seconds_count{replica="${one}",operation="put"}`),
    ).toBeGreaterThanOrEqual(1);
    expect(
      await read(`lfsb_replica_request_seconds_bucket{replica="${one}",operation="put",le="+Inf"}`),
    ).toBeGreaterThanOrEqual(1);
    expect(await read(`lfsb_replica_failing{replica="${one}"}`)).toBe(0);
    expect(await read(`lfsb_replica_failing{replica="${two}"}`)).toBe(1);
    expect(await read(`lfsb_replica_lag_transactions{replica="${one}"}`)).toBe(0);
    expect(await read(`lfsb_replica_lag_transactions{replica="${two}"}`)).toBe(2);
    expect(await read(`lfsb_replica_due{replica="${one}",kind="build"}`)).toBe(0);
    expect(await read(`lfsb_replica_due{replica="${two}",kind="build"}`)).toBeGreaterThanOrEqual(1);
    expect(await read(`lfsb_replica_due{replica="${two}",kind="delete"}`)).toBe(0);
    expect(await read(`lfsb_replica_due_databases{replica="${two}"}`)).toBeGreaterThanOrEqual(0);
    expect(await read(`lfsb_replica_lag_seconds{replica="${two}"}`)).toBeGreaterThanOrEqual(0);
    expect(await read('lfsb_high_water_mark_age_seconds')).toBe(0);
    expect(await read('lfsb_events_total')).toBeGreaterThan(4);
    expect(await read('lfsb_clock_suspect')).toBe(0);
    expect(await read('lfsb_clock_doubted_seconds')).toBe(0);
  });

  it('is in the form that Prometheus reads: each metric has one type, and every value is a number', async () => {
    await using server = await TestServer.start();
    const lines = (await (await fetch(`${server.url}/metrics`)).text()).trimEnd().split('\n');
    const types = lines.filter((line) => line.startsWith('# TYPE ')).map((line) => line.split(' ')[2]);
    expect(new Set(types).size).toBe(types.length);
    const values = lines.filter((each) => each !== '' && !each.startsWith('#'));
    // How late the event loop runs is not known before it has turned for a while; Prometheus takes any case of nan.
    const isUnknown = (line: string) => /^nodejs_eventloop_lag_[a-z0-9_]+ Nan$/.test(line);
    for (const line of values.filter((each) => !isUnknown(each))) {
      expect(line).toMatch(/^[a-z_0-9]+(\{[^}]*\})? -?[0-9.e+-]+$/);
    }
  });
});

describe('readiness', () => {
  it('says aloud that backups go to store/ in the data directory', async () => {
    await using server = await TestServer.start({ config: { storage: DEFAULT_STORAGE } });
    const { warnings } = (await (await fetch(`${server.url}/readyz`)).json()) as { warnings: string[] };
    expect(warnings).toEqual([expect.stringContaining('store/')]);
  });
});
