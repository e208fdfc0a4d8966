import { existsSync } from 'node:fs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { LogReader, LogWriter, type LogWriterOptions, openReadOnly, verifyLog } from '../../src/log/index.ts';
import { logPath } from './support/log-folder.ts';
import { toyStream } from './support/toy-log.mjs';

const handlers = new URL('support/toy-log.mjs', import.meta.url);

async function startWriter(
  options: Partial<LogWriterOptions> = {},
): Promise<{ writer: LogWriter; path: string }> {
  const path = options.path ?? logPath();
  const writer = await LogWriter.start({ path, handlers, synchronous: 'NORMAL', ...options });
  onTestFinished(() => writer.close());
  return { writer, path };
}

const create = (db: string, fields: Record<string, unknown> = {}) => ({ type: 'create', db, ...fields });
const code = (expected: string) => expect.objectContaining({ code: expected });

describe('the writer', () => {
  it('answers each of many concurrent commands, and the log holds them all', async () => {
    const { writer, path } = await startWriter();
    const answers = await Promise.all(
      Array.from({ length: 500 }, (_, index) => writer.execute<{ seqs: number[] }>(create(`db${index % 7}`))),
    );
    const seqs = answers.flatMap((answer) => answer.seqs).sort((a, b) => a - b);
    expect(seqs).toEqual(Array.from({ length: 500 }, (_, index) => index + 1));
    const sql = openReadOnly(path);
    expect(await verifyLog(sql)).toMatchObject({ ok: true, head: { seq: 500 } });
    sql.db.close();
    expect(writer.inFlight).toEqual({ commands: 0, bytes: 0 });
  });

  it('keeps the order in which commands were given', async () => {
    const { writer } = await startWriter();
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        await writer.execute(create('a', { expected: index }));
        order.push(index);
      }),
    );
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  it('hands back errors as what they are, and its neighbours their answers', async () => {
    const { writer } = await startWriter();
    const [conflict, thrown, unknown, uncloneable, refused, fine] = await Promise.allSettled([
      writer.execute(create('a', { expected: 7 })),
      writer.execute(create('a', { ending: 'throw' })),
      writer.execute({ type: 'paint' }),
      writer.execute({ type: 'uncloneable' }),
      writer.execute(create('a', { ending: 'refuse' })),
      writer.execute(create('a')),
    ]);
    expect(conflict).toMatchObject({
      reason: { code: 'EVERSION', stream: toyStream('a'), expected: 7, actual: 0 },
    });
    expect(thrown).toMatchObject({ reason: { code: 'EINTERNAL', cause: { message: 'thrown on purpose' } } });
    expect(unknown).toMatchObject({ reason: { code: 'EINTERNAL' } });
    expect(uncloneable).toMatchObject({ reason: { code: 'EINTERNAL' } });
    expect(refused).toMatchObject({ value: { refused: true } });
    expect(fine).toMatchObject({ value: { seqs: [1] } });
  });

  it('takes buffers over instead of copying them', async () => {
    const { writer } = await startWriter();
    const bytes = new ArrayBuffer(1_000);
    const answer = writer.execute({ type: 'size', bytes }, [bytes]);
    expect(bytes.byteLength).toBe(0);
    expect(writer.inFlight.bytes).toBe(1_000);
    expect(await answer).toBe(1_000);
  });

  it('refuses at once what would be too much in flight, by number and by bytes', async () => {
    const { writer } = await startWriter({ commandsInFlightMax: 2, bytesInFlightMax: 100 });
    const first = writer.execute(create('a'));
    const second = writer.execute(create('a'));
    await expect(writer.execute(create('a'))).rejects.toEqual(code('EUNAVAILABLE'));
    await Promise.all([first, second]);
    const [large, small] = [new ArrayBuffer(90), new ArrayBuffer(20)];
    const sent = writer.execute({ type: 'size', bytes: large }, [large]);
    await expect(writer.execute({ type: 'size', bytes: small }, [small])).rejects.toEqual(
      code('EUNAVAILABLE'),
    );
    expect(small.byteLength).toBe(20);
    expect(await sent).toBe(90);
    expect(await writer.execute({ type: 'size', bytes: small }, [small])).toBe(20);
  });

  it('finishes what is in flight when it is closed, takes nothing more and leaves no WAL', async () => {
    const { writer, path } = await startWriter();
    const answers = Array.from({ length: 100 }, () => writer.execute(create('a')));
    const closed = writer.close();
    await expect(writer.execute(create('a'))).rejects.toEqual(code('EUNAVAILABLE'));
    await closed;
    expect(await Promise.all(answers)).toHaveLength(100);
    expect(existsSync(`${path}-wal`)).toBe(false);
    await writer.close();
  });

  it('rejects what is in flight and says so once when its thread dies', async () => {
    const onFatal = vi.fn();
    const { writer } = await startWriter({ onFatal });
    const answers = await Promise.allSettled([
      writer.execute({ type: 'die' }),
      ...manyOf(20, () => writer.execute(create('a'))),
    ]);
    await vi.waitFor(() => expect(onFatal).toHaveBeenCalledOnce());
    for (const answer of answers.filter(({ status }) => status === 'rejected')) {
      expect(answer).toMatchObject({ reason: { code: 'EUNAVAILABLE' } });
    }
    await expect(writer.execute(create('a'))).rejects.toEqual(code('EUNAVAILABLE'));
    expect(writer.inFlight.commands).toBe(0);
  });

  it('does not start when its handlers or the migrations fail, and says why', async () => {
    await expect(startWriter({ options: { failToStart: true } })).rejects.toThrow('no handlers today');
    await expect(startWriter({ migrations: '/nowhere' })).rejects.toEqual(code('ENOENT'));
    await expect(startWriter({ path: '/nowhere/lfsb.db' })).rejects.toThrow('directory does not exist');
  });

  it('rebuilds projections between batches', async () => {
    const { writer, path } = await startWriter();
    await writer.execute(create('a'));
    await writer.rebuild('toy');
    await expect(writer.rebuild('paint')).rejects.toEqual(code('EINTERNAL'));
    const reader = LogReader.open(path);
    expect(reader.head().seq).toBe(1);
    reader.close();
  });
});

function manyOf<T>(length: number, make: () => T): T[] {
  return Array.from({ length }, make);
}
