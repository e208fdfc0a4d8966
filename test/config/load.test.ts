import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';

const configOf = (env: Record<string, string>) => loadConfig(env).config;

describe('with nothing set', () => {
  it('the server keeps its data in ./lfsb-data and listens on every address', () => {
    expect(loadConfig({})).toMatchObject({
      config: {
        dataPath: './lfsb-data',
        bind: { host: undefined, port: 2200 },
        logLevel: 'info',
        logFormat: 'json',
        ingestBytesMax: 64 * 1024 ** 3,
        sentryDsn: null,
      },
      warnings: [],
    });
  });

  it('the log is text on a terminal', () => {
    expect(loadConfig({}, {}, true).config.logFormat).toBe('text');
    expect(loadConfig({ LFSB_LOG_FORMAT: 'json' }, {}, true).config.logFormat).toBe('json');
  });

  it('an empty variable counts as not set', () => {
    expect(configOf({ LFSB_DATA_PATH: '', LFSB_BIND: '', LFSB_LOG_LEVEL: '' })).toEqual(configOf({}));
  });
});

describe('the environment', () => {
  it.each([
    [':80', { host: undefined, port: 80 }],
    [':0', { host: undefined, port: 0 }],
    ['127.0.0.1:2200', { host: '127.0.0.1', port: 2200 }],
    ['localhost:65535', { host: 'localhost', port: 65_535 }],
    ['[::1]:2200', { host: '::1', port: 2200 }],
  ])('LFSB_BIND=%s', (value, bind) => {
    expect(configOf({ LFSB_BIND: value }).bind).toEqual(bind);
  });

  it.each([
    ['1', 1],
    ['64MiB', 64 * 1024 ** 2],
    ['1TiB', 1024 ** 4],
  ])('LFSB_INGEST_BYTES_MAX=%s', (value, bytes) => {
    expect(configOf({ LFSB_INGEST_BYTES_MAX: value }).ingestBytesMax).toBe(bytes);
  });

  it('yields to the command line', () => {
    const env = { LFSB_DATA_PATH: '/env', LFSB_BIND: ':1' };
    const { config } = loadConfig(env, { dataPath: '/flag', bind: ':2' });
    expect([config.dataPath, config.bind.port]).toEqual(['/flag', 2]);
  });
});

describe('what cannot be understood is refused by name', () => {
  it.each([
    ['LFSB_BIND', '2200'],
    ['LFSB_BIND', ':65536'],
    ['LFSB_BIND', ':-1'],
    ['LFSB_BIND', '::1:2200'],
    ['LFSB_BIND', ':http'],
    ['LFSB_BIND', 'http://localhost:2200'],
    ['LFSB_LOG_LEVEL', 'loud'],
    ['LFSB_LOG_LEVEL', 'INFO'],
    ['LFSB_LOG_FORMAT', 'xml'],
    ['LFSB_INGEST_BYTES_MAX', '0'],
    ['LFSB_INGEST_BYTES_MAX', '64MB'],
    ['LFSB_INGEST_BYTES_MAX', '1.5GiB'],
    ['LFSB_INGEST_BYTES_MAX', '-1'],
    ['LFSB_INGEST_BYTES_MAX', '9999999999999999'],
  ])('%s=%s', (name, value) => {
    let error: unknown;
    try {
      loadConfig({ [name]: value });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'ECONFIG', hint: expect.stringContaining(name) });
    expect((error as Error).message).toContain(`${name}=${value}`);
  });
});

describe('what has no effect is said', () => {
  it('a name that nobody knows is taken for a mistake', () => {
    const { warnings } = loadConfig({
      LFSB_DATAPATH: '/x',
      LFSB_TEST_SCALE: '2',
      LFSB_TOKEN: 't',
      PATH: '/bin',
    });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('LFSB_DATAPATH');
  });
});
