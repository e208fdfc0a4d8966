import { StorageError } from './errors.ts';
import type { FileStat, NewFile, OpenFile } from './files.ts';
import { closeHandle, explained, statOfHandle, syncHandle } from './sftp-calls.ts';
import type { SftpSession } from './sftp-session.ts';

/** What one request reads or writes: every server takes that much. */
export const REMOTE_CHUNK_BYTES = 32 * 1024;

/** Requests of one transfer under way at once: 1 MiB, which fills a line of 100 Mbit/s and 80 ms. */
export const REMOTE_PARALLEL_MAX = 32;

/** A file on the server that is read. */
export class RemoteFile implements OpenFile {
  readonly #session: SftpSession;
  readonly #handle: Buffer;
  readonly stat: FileStat;

  constructor(session: SftpSession, handle: Buffer, stat: FileStat) {
    this.#session = session;
    this.#handle = handle;
    this.stat = stat;
  }

  async read(offset: number, length: number, into?: Uint8Array): Promise<Uint8Array> {
    const buffer = into === undefined ? Buffer.allocUnsafe(length) : bufferOf(into);
    let filled = 0;
    while (filled < length) {
      const wanted = Math.min(REMOTE_CHUNK_BYTES, length - filled);
      const bytesRead = await this.#session.request<number>('read', (sftp, done) =>
        sftp.read(this.#handle, buffer, filled, wanted, offset + filled, (error, count) =>
          done(error, count),
        ),
      );
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  }

  close(): Promise<void> {
    return closeHandle(this.#session, this.#handle);
  }
}

const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

/** A file on the server that is written: many writes are under way, and `sync` waits for all. */
export class RemoteNewFile implements NewFile {
  readonly #session: SftpSession;
  readonly #handle: Buffer;
  readonly #path: string;
  readonly #underWay = new Set<Promise<void>>();
  #buffer = Buffer.allocUnsafe(REMOTE_CHUNK_BYTES);
  #filled = 0;
  #sent = 0;
  #failure: { readonly error: unknown } | null = null;

  constructor(session: SftpSession, handle: Buffer, path: string) {
    this.#session = session;
    this.#handle = handle;
    this.#path = path;
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.byteLength; ) {
      const taken = Math.min(chunk.byteLength - at, REMOTE_CHUNK_BYTES - this.#filled);
      this.#buffer.set(chunk.subarray(at, at + taken), this.#filled);
      this.#filled += taken;
      at += taken;
      if (this.#filled === REMOTE_CHUNK_BYTES) await this.#send();
    }
  }

  async sync(): Promise<void> {
    if (this.#filled > 0) await this.#send();
    await Promise.all(this.#underWay);
    this.#throwIfFailed();
    await explained(this.#session, this.#path, 'fsync', () => syncHandle(this.#session, this.#handle));
    const { sizeBytes } = await statOfHandle(this.#session, this.#handle);
    if (sizeBytes === this.#sent) return;
    throw new StorageError('EUNAVAILABLE', `the server kept ${sizeBytes} of ${this.#sent} bytes`);
  }

  async close(): Promise<void> {
    await Promise.all(this.#underWay);
    await closeHandle(this.#session, this.#handle);
  }

  async #send(): Promise<void> {
    if (this.#underWay.size >= REMOTE_PARALLEL_MAX) await Promise.race(this.#underWay);
    this.#throwIfFailed();
    const bytes = this.#buffer.subarray(0, this.#filled);
    const at = this.#sent;
    this.#sent += bytes.length;
    this.#buffer = Buffer.allocUnsafe(REMOTE_CHUNK_BYTES);
    this.#filled = 0;
    const written = this.#write(bytes, at).finally(() => this.#underWay.delete(written));
    this.#underWay.add(written);
  }

  /** Its failure is thrown by what comes after it. */
  async #write(bytes: Buffer, at: number): Promise<void> {
    try {
      await explained(this.#session, this.#path, 'write', () =>
        this.#session.request<void>('write', (sftp, done) =>
          sftp.write(this.#handle, bytes, 0, bytes.length, at, (error) => done(error)),
        ),
      );
    } catch (error) {
      this.#failure ??= { error };
    }
  }

  #throwIfFailed(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }
}
