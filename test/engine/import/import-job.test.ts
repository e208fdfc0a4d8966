import { expect, it } from 'vitest';
import { ImportJob } from '../../../src/engine/import/import-job.ts';
import { IMPORT_BUFFER_BYTES, IMPORT_BUFFERS } from '../../../src/engine/import/limits.ts';
import type { ToImportWorker } from '../../../src/engine/import/messages.ts';

/** A job, and what the other thread was sent. */
function aJob() {
  const sent: ToImportWorker[] = [];
  const job = new ImportJob(1, (message) => sent.push(structuredClone(message)));
  const buffersSent = () => sent.filter(({ type }) => type === 'bytes').length;
  return { job, sent, buffersSent };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

it('sends so many buffers and no more until one comes back', async () => {
  const { job, buffersSent } = aJob();
  let written = false;
  const writing = job.write(new Uint8Array((IMPORT_BUFFERS + 2) * IMPORT_BUFFER_BYTES)).then(() => {
    written = true;
  });
  await turn();
  expect([buffersSent(), written]).toEqual([IMPORT_BUFFERS, false]);
  job.receive({ type: 'buffer', id: 1, buffer: new ArrayBuffer(IMPORT_BUFFER_BYTES) });
  await turn();
  expect([buffersSent(), written]).toEqual([IMPORT_BUFFERS + 1, false]);
  job.receive({ type: 'buffer', id: 1, buffer: new ArrayBuffer(IMPORT_BUFFER_BYTES) });
  await writing;
  expect(buffersSent()).toBe(IMPORT_BUFFERS + 2);
});

it('gathers small pieces, and sends what is left at the end', async () => {
  const { job, sent } = aJob();
  for (let i = 0; i < 10; i++) await job.write(new Uint8Array(100).fill(i));
  expect(sent).toEqual([]);
  void job.end();
  expect(sent).toMatchObject([{ type: 'bytes', length: 1_000 }, { type: 'end' }]);
});

it('a buffer that comes back late is no answer to a question', async () => {
  const { job } = aJob();
  await job.write(new Uint8Array(IMPORT_BUFFER_BYTES));
  const ended = job.end();
  job.receive({ type: 'buffer', id: 1, buffer: new ArrayBuffer(IMPORT_BUFFER_BYTES) });
  const rest = { numbers: new Uint32Array(0), sums: new BigUint64Array(0) };
  job.receive({ type: 'encoded', id: 1, sourceSha256: 'x', pages: 1, postApplyChecksum: 1n, rest });
  expect(await ended).toMatchObject({ type: 'encoded', pages: 1 });
});

it('a failure is heard of by who waits, and by whoever asks next; it can still be closed', async () => {
  const { job } = aJob();
  const ended = job.end();
  job.receive({ type: 'failed', id: 1, code: 'EBADDATABASE', message: 'damaged', stack: '' });
  await expect(ended).rejects.toMatchObject({ code: 'EBADDATABASE', message: 'damaged' });
  await expect(job.write(new Uint8Array(1))).rejects.toThrow('damaged');
  const closed = job.close(false);
  job.receive({ type: 'closed', id: 1 });
  await closed;
  await job.close(false);
});

it('a thread that ended fails what waits, and is not asked any more', async () => {
  const { job, sent } = aJob();
  const ended = job.end();
  job.threadEnded(new Error('out of memory'));
  await expect(ended).rejects.toMatchObject({ code: 'EINTERNAL' });
  await job.close(false);
  expect(sent.map(({ type }) => type)).toEqual(['end']);
});
