import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { toText } from '../../src/logging.ts';
import { serveCommand } from '../support/serve-command.ts';
import { tempDir } from '../support/temp-dir.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** The lines of a log that the README shows. */
const shown = readme.match(/^INFO .*$/gm) ?? [];

describe('what the README says of a deployment', () => {
  test('its log lines come, in their order', async () => {
    // Nothing answers at the endpoint: what is configured is said before anything is sent.
    const server = await serveCommand({
      env: {
        LFSB_DATA_PATH: tempDir(),
        BUCKET_NAME: 'bucket',
        AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1',
        AWS_REGION: 'auto',
        AWS_ACCESS_KEY_ID: 'key',
        AWS_SECRET_ACCESS_KEY: 'secret',
      },
    });
    const printed = server.log.map((line) => toText(JSON.stringify(line)).trim().replace(/^\S+ /, ''));
    expect(shown.length).toBeGreaterThan(5);
    expect(printed.map(shapeOf).filter((line) => shown.map(shapeOf).includes(line))).toEqual(
      shown.map(shapeOf),
    );
  });

  test('its variables are what fly.toml and the program know', () => {
    expect(readme).toContain('http://APP.internal:2200');
    expect(readme).toContain('LITEFS_CLOUD_TOKEN="cluster NAME"');
  });
});

/** A line without what differs from one installation to the next. */
const shapeOf = (line: string): string =>
  line.replace(/(version|node|addr|data)=\S+/g, '$1=').replaceAll('s3://bucket', 's3://BUCKET');
