import { expect, it, vi } from 'vitest';
import type { ImportPlace } from '../../../src/commands/decide-import.ts';
import { commitImport } from '../../../src/engine/import/commit-import.ts';
import type { ReceivedImage } from '../../../src/engine/import/image-intake.ts';
import type { ImportJob } from '../../../src/engine/import/import-job.ts';
import { IMPORT_MOVES_MAX } from '../../../src/engine/import/limits.ts';
import { Staging } from '../../../src/engine/ingest/staging.ts';
import type { EngineWriter } from '../../../src/engine/writer/client.ts';
import type { ImportCommand, ImportResult } from '../../../src/engine/writer/messages.ts';
import type { LtxHeader } from '../../../src/ltx/index.ts';
import { aDatabase, NOW, SUM_7, SUM_8 } from '../../commands/fixtures.ts';

/** The thread that encodes, as far as a commit sees it: what it is asked is kept. */
function aJob() {
  const sealed: LtxHeader[] = [];
  const recoded: boolean[] = [];
  const closed: boolean[] = [];
  const job = {
    seal: async (header: LtxHeader) => {
      sealed.push(header);
      return {
        fileChecksum: SUM_8,
        sizeBytes: 9,
        sha256: 'ab'.repeat(32),
        payload: { kind: 'row' },
        bytes: null,
      };
    },
    recode: async (forced: boolean) => {
      recoded.push(forced);
      const rest = { numbers: Uint32Array.of(1), sums: BigUint64Array.of(77n) };
      return { sourceSha256: '', pages: 3, postApplyChecksum: 77n, rest };
    },
    close: async (keep: boolean) => {
      closed.push(keep);
    },
  };
  return { job: job as unknown as ImportJob, sealed, recoded, closed };
}

const anImage = (job: ImportJob): ReceivedImage => {
  const numbers = Uint32Array.of(1, 2, 3);
  const sums = BigUint64Array.of(11n, 12n, 13n);
  return {
    kind: 'image',
    image: { pageSize: 4096, commit: 3, journalMode: 'rollback', sizeBytes: 12_288, sha256: 'cd'.repeat(32) },
    encoded: { sourceSha256: '', pages: 3, postApplyChecksum: SUM_8, rest: { numbers, sums } },
    pages: { kind: 'inline', numbers, sums },
    journalModeForced: false,
    job,
  };
};

/** A writer that answers each import command by the next of `answers`. */
function run(answers: (command: ImportCommand) => Promise<ImportResult> | ImportResult) {
  const commands: ImportCommand[] = [];
  const execute = vi.fn(async (command: ImportCommand) => {
    commands.push(command);
    return answers(command);
  });
  const writer = { execute } as unknown as EngineWriter;
  const { job, ...asked } = aJob();
  const state = aDatabase();
  const clock = () => ({ wall: NOW.wall, monotonic: 0 });
  const actor = { cluster: 'shop', token: 'anonymous', address: null, request: null };
  const staging = new Staging(writer);
  const outcome = commitImport({ writer, clock, staging, state, received: anImage(job), actor });
  return { outcome, commands, ...asked };
}

const accepted: ImportResult = {
  kind: 'accepted',
  created: false,
  pos: { txid: 8n, checksum: SUM_8 },
  journalModeForced: false,
};

const movedTo = (place: Partial<ImportPlace>): ImportResult => ({
  kind: 'moved',
  place: { txid: 9n, preApplyChecksum: SUM_8, journalModeForced: false, ...place },
});

it('an import for the place that the name is at is sealed and committed once', async () => {
  const { outcome, sealed, recoded, commands } = run(() => accepted);
  expect(await outcome).toBe(accepted);
  expect(sealed).toMatchObject([{ minTxid: 8n, maxTxid: 8n, preApplyChecksum: SUM_7, commit: 3 }]);
  expect([recoded, commands.length]).toEqual([[], 1]);
});

it('a name that moves costs another header, and nothing else', async () => {
  let next = 9n;
  const { outcome, sealed, recoded } = run(() => (next < 12n ? movedTo({ txid: next++ }) : accepted));
  expect(await outcome).toBe(accepted);
  expect(sealed.map(({ minTxid }) => minTxid)).toEqual([8n, 9n, 10n, 11n]);
  expect(recoded).toEqual([]);
});

it('a name that goes to WAL mode costs another page 1, with its checksum', async () => {
  const { outcome, recoded, commands } = run((command) =>
    command.file.place.journalModeForced ? accepted : movedTo({ journalModeForced: true }),
  );
  expect(await outcome).toBe(accepted);
  expect(recoded).toEqual([true]);
  expect(commands[1]).toMatchObject({
    file: { postApplyChecksum: 77n },
    pages: { kind: 'inline', sums: BigUint64Array.of(77n, 12n, 13n) },
  });
});

it('a name that moves for ever is given up, and the client told to try again', async () => {
  const { outcome, commands } = run(() => movedTo({}));
  await expect(outcome).rejects.toMatchObject({
    code: 'EUNAVAILABLE',
    message: `the database moved ${IMPORT_MOVES_MAX + 1} times while the import was made ready for it`,
  });
  expect(commands).toHaveLength(IMPORT_MOVES_MAX + 1);
});

it('a file whose commit may have happened stays where it is', async () => {
  const { outcome, closed } = run(() => Promise.reject(new Error('the writer ended')));
  await expect(outcome).rejects.toThrow('the writer ended');
  expect(closed).toEqual([true]);
});
