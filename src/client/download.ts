import type { IncomingMessage } from 'node:http';
import { LtxError } from '../ltx/index.ts';
import type { Connection } from './connection.ts';
import { ClientError } from './errors.ts';
import { badDownload, type Inspector, inspectorOf } from './inspect.ts';
import { type FileName, isRest, nameOf, type ResumeOptions, Resumer, restHeaders } from './resume.ts';
import { transportError } from './transport-errors.ts';
import type { SnapshotFormat, Target } from './types.ts';

/** Which database is wanted, when, and how. */
export interface DownloadRequest {
  readonly db: string;
  readonly format: SnapshotFormat;
  readonly target?: Target | undefined;
}

const PATH = '/db/snapshot';

/** Asks for a database; resolves when the server has built it. */
export async function openDownload(connection: Connection, request: DownloadRequest): Promise<Download> {
  const { db, format, target } = request;
  const query = { db, format, ...target };
  const response = await connection.open({ method: 'GET', path: PATH, query, isSlow: true });
  return new Download(connection, request, response);
}

/**
 * A database on its way here. Reading `chunks` to its end proves it: it throws when the answer breaks off, or is
 * not what it has to be, and then nothing that came before may be used.
 */
export class Download {
  /** Bytes in all; undefined where the server does not say. */
  readonly sizeBytes: number | undefined;
  readonly #connection: Connection;
  readonly #request: DownloadRequest;
  readonly #name: FileName | undefined;
  readonly #inspector: Inspector;
  #response: IncomingMessage;

  constructor(connection: Connection, request: DownloadRequest, response: IncomingMessage) {
    this.#connection = connection;
    this.#request = request;
    this.#response = response;
    this.#name = request.format === 'sqlite' ? nameOf(response) : undefined;
    this.#inspector = inspectorOf(request.format, this.#name);
    const length = response.headers['content-length'];
    this.sizeBytes = length === undefined ? undefined : Number(length);
  }

  /** The transaction the database is at, once it was read to its end; an older server does not say it of a SQLite file. */
  get txid(): string | undefined {
    return this.#inspector.txid;
  }

  /**
   * The bytes, to be read once.
   * @param resume to go on where the connection breaks off, if the server can: it cannot with an LTX file
   * @throws ClientError `EBROKEN`, `EBADDOWNLOAD`, `ENOANSWER`
   */
  async *chunks(resume?: ResumeOptions): AsyncGenerator<Buffer, void> {
    const resumer = this.#resumer(resume);
    let received = 0;
    try {
      for (let isWhole = false; !isWhole; ) {
        try {
          for await (const chunk of this.#response as AsyncIterable<Buffer>) {
            this.#inspector.write(chunk);
            received += chunk.length;
            resumer?.progress();
            yield chunk;
          }
          isWhole = true;
        } catch (error) {
          this.#response = await this.#goOn(resumer, error, received);
        }
      }
      this.#end(received);
    } finally {
      this.#response.destroy();
    }
  }

  #goOn(resumer: Resumer | undefined, error: unknown, received: number): Promise<IncomingMessage> {
    if (error instanceof LtxError) throw badDownload(error.message, error);
    const told = transportError(this.#connection.endpoint, error);
    if (resumer === undefined) throw told;
    return resumer.goOn(told, received);
  }

  #end(received: number): void {
    if (this.sizeBytes !== undefined && received !== this.sizeBytes) {
      throw badDownload(`${received} of ${this.sizeBytes} bytes came`);
    }
    try {
      this.#inspector.end();
    } catch (error) {
      throw error instanceof LtxError ? badDownload(error.message, error) : error;
    }
  }

  #resumer(options: ResumeOptions | undefined): Resumer | undefined {
    const { sizeBytes } = this;
    const name = this.#name;
    if (options === undefined || name === undefined || sizeBytes === undefined) return undefined;
    return new Resumer(options, sizeBytes, (fromByte) => this.#openRest(name, fromByte, sizeBytes));
  }

  /** The point is named by its TXID: what was the newest one when this began need not be by now. */
  async #openRest(name: FileName, fromByte: number, sizeBytes: number): Promise<IncomingMessage> {
    const { db, format } = this.#request;
    const response = await this.#connection.open({
      method: 'GET',
      path: PATH,
      query: { db, format, txid: name.txid },
      headers: restHeaders(name, fromByte),
      isSlow: true,
      isRest: true,
    });
    if (isRest(response, name, fromByte, sizeBytes)) return response;
    response.destroy();
    throw new ClientError('ESERVER', `${this.#connection.endpoint.origin} has another file there by now`);
  }
}
