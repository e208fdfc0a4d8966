import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestServer } from '../support/server.ts';

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
