import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, HttpClient } from '../support/http-client.ts';
import { Random } from '../support/random.ts';
import { TestServer } from '../support/server.ts';
import { sqliteImage } from '../support/sqlite-image.ts';

const PAGE = 4096;
const image = sqliteImage({ rows: 100 });

let server: TestServer;
let client: HttpClient;

beforeAll(async () => {
  server = await TestServer.start();
  client = server.client('no');
});

afterAll(() => server[Symbol.asyncDispose]());

/** A hostile input gets a 4xx and changes nothing. */
afterEach(async () => {
  expect(await client.positions()).toEqual({});
  expect(await server.spool()).toEqual([]);
  expect(server.logs.filter(({ level }) => level === 'error')).toEqual([]);
  expect(server.query('SELECT * FROM payload')).toEqual([]);
});

const upload = (body: Uint8Array, suffix = ''): Promise<Answer> =>
  client.send('POST', `/db/upload?db=a.db${suffix}`, { body });

/** The image with some bytes changed. */
function changed(at: number, ...bytes: number[]): Buffer {
  const copy = Buffer.from(image);
  copy.set(bytes, at);
  return copy;
}

describe('a file that is no SQLite database', () => {
  const noise = Buffer.from(new Random(1).bytes(3 * PAGE));
  it.each([
    ['text', Buffer.from('hello\n'.repeat(100))],
    ['a little text', Buffer.from('hello')],
    ['noise, as an encrypted database is', noise],
    ['one whose header alone is plain', Buffer.concat([image.subarray(0, 32), noise.subarray(32)])],
    ['a page size of 1000', changed(16, 0x03, 0xe8)],
    ['a page size of 256', changed(16, 0x01, 0x00)],
    ['write version 3', changed(18, 3)],
    ['read version 0', changed(19, 0)],
    ['other payload fractions', changed(21, 64, 32, 33)],
    ['too much reserved space in small pages', changed(16, 0x02, 0x00, 1, 1, 33)],
    ['schema format 9', changed(44, 0, 0, 0, 9)],
    ['text encoding 7', changed(56, 0, 0, 0, 7)],
    ['something in the reserved bytes', changed(80, 1)],
  ])('%s', async (_name, body) => {
    const answer = await upload(body);
    expect(answer.status).toBe(422);
    expect(answer.json()).toMatchObject({
      code: 'EBADHEADER',
      error: 'invalid database header',
      hint: expect.any(String),
    });
  });
});

describe('a database that is not whole', () => {
  const unsure = changed(92, 0, 0, 0, 0);
  it.each([
    ['empty', Buffer.alloc(0), 'the file is empty'],
    ['cut in its header', image.subarray(0, 50), 'truncated: it ends after 50 bytes'],
    ['cut after its header', image.subarray(0, 100), 'truncated: 100 bytes'],
    ['cut between pages', image.subarray(0, -PAGE), 'truncated'],
    ['cut within a page', image.subarray(0, -1), 'truncated'],
    ['a page too long', Buffer.concat([image, Buffer.alloc(PAGE)]), 'trailing bytes'],
    ['a byte too long', Buffer.concat([image, Buffer.from('x')]), 'trailing bytes'],
    [
      'long enough to be read in several pieces',
      Buffer.concat([image, Buffer.alloc(900_000)]),
      'trailing bytes',
    ],
    ['of an old SQLite, cut within a page', unsure.subarray(0, -1), 'not whole pages'],
  ])('%s', async (_name, body, error) => {
    const answer = await upload(body);
    expect(answer.status).toBe(422);
    expect(answer.json()).toMatchObject({ code: 'EBADDATABASE', error: expect.stringContaining(error) });
  });

  it('is told on a connection that goes on', async () => {
    const single = server.client('no', 1);
    for (let i = 0; i < 3; i++) {
      const answer = await single.send('POST', '/db/upload?db=a.db', { body: Buffer.alloc(900_000, 1) });
      expect([answer.status, answer.headers['connection']]).toEqual([422, 'keep-alive']);
    }
  });
});

describe('check=quick', () => {
  /** Damage that only reading the trees finds. */
  function damaged(): Buffer {
    const copy = Buffer.from(image);
    copy.fill(0xff, 3 * PAGE, 4 * PAGE);
    return copy;
  }

  it.each(['rollback', 'wal'] as const)(
    'refuses a damaged file in %s mode with the first messages',
    async (mode) => {
      const body = damaged();
      if (mode === 'wal') body.fill(2, 18, 20);
      const answer = await upload(body, '&check=quick');
      expect(answer.status).toBe(422);
      expect(answer.json()).toMatchObject({
        code: 'EBADDATABASE',
        error: expect.stringMatching(/^quick_check found damage: .*(page|Page|malformed)/s),
      });
      expect(answer.json<{ error: string }>().error.length).toBeLessThan(1_200);
    },
  );

  it('refuses a file whose schema cannot be read', async () => {
    const body = Buffer.from(image);
    body.fill(0xff, 100, 300);
    expect((await upload(body, '&check=quick')).json()).toMatchObject({ code: 'EBADDATABASE' });
  });
});

it('records refusals, and says in the log what was wrong', async () => {
  const other = server.client('recorded');
  await other.send('POST', '/db/upload?db=b.db', { body: Buffer.from('no database at all'.repeat(10)) });
  const [event] = server.query<{ canonical: string }>(
    "SELECT canonical FROM event WHERE type = 'ingest.refused' AND cluster = 'recorded'",
  );
  expect(JSON.parse(event?.canonical ?? '').body).toMatchObject({ code: 'EBADHEADER', db: 'b.db' });
  expect(
    server.logs.find(({ msg, cluster }) => msg === 'import refused' && cluster === 'recorded'),
  ).toMatchObject({
    level: 'warn',
    code: 'EBADHEADER',
    reason: 'invalid database header',
    hint: expect.stringContaining('encrypted'),
  });
});
