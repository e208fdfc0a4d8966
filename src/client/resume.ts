import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseChecksum } from '../ltx/index.ts';
import { ClientError } from './errors.ts';
import type { NamedPoint } from './inspect.ts';

/** Tries in a row that bring no byte, and tries in all, after which a download is given up. */
export const RESUME_TRIES_MAX = 6;
export const RESUMES_MAX = 100;

/** Waits before tries that bring nothing: the first one, twice as long each time, and never longer, ms. */
const WAIT_MS_FIRST = 500;
const WAIT_MS_MAX = 16_000;

/** A try to go on with a download whose connection broke off. */
export interface Resumption {
  /** What is there already. */
  readonly receivedBytes: number;
  readonly sizeBytes: number;
  /** Until it is tried, ms. */
  readonly waitMs: number;
  readonly because: Error;
}

/** How a download goes on where its connection breaks off. */
export interface ResumeOptions {
  /** Told of each try. */
  readonly onResume: (what: Resumption) => void;
  readonly wait?: (ms: number) => Promise<unknown>;
}

/** The name that the server gives to a point's SQLite file: the same bytes whenever it is asked. */
export interface FileName extends NamedPoint {
  readonly tag: string;
}

/** Its position and its incarnation, in quotes: anything else, a weak one too, was not given by the server. */
const TAG = /^"(?<txid>[0-9a-f]{16})-(?<checksum>[0-9a-f]{16})-\d+"$/;

/** The name of what an answer sends; undefined for an LTX file, and for a server that gives none. */
export function nameOf({ headers }: IncomingMessage): FileName | undefined {
  const tag = headers.etag ?? '';
  const { txid = '', checksum: text = '' } = TAG.exec(tag)?.groups ?? {};
  const checksum = parseChecksum(text);
  return checksum === undefined ? undefined : { tag, txid, checksum };
}

/** The headers that ask for what is missing of a file. */
export const restHeaders = ({ tag }: FileName, fromByte: number): Record<string, string> => ({
  range: `bytes=${fromByte}-`,
  'if-range': tag,
});

/** Whether an answer goes on just where the bytes that are there end. */
export function isRest(
  { statusCode, headers }: IncomingMessage,
  { tag }: FileName,
  fromByte: number,
  sizeBytes: number,
): boolean {
  const range = `bytes ${fromByte}-${sizeBytes - 1}/${sizeBytes}`;
  return statusCode === 206 && headers.etag === tag && headers['content-range'] === range;
}

const PASSING: ReadonlySet<string> = new Set([
  'EBROKEN',
  'ENOANSWER',
  'EUNREACHABLE',
  'EPROXY',
  'EUNAVAILABLE',
]);

/** Whether it may be over in a moment. */
const isPassing = (error: Error): boolean => PASSING.has((error as { code?: string }).code ?? '');

/** Goes on with one download, again and again, until it is enough. */
export class Resumer {
  readonly #options: ResumeOptions;
  readonly #sizeBytes: number;
  readonly #open: (fromByte: number) => Promise<IncomingMessage>;
  #inVain = 0;
  #tries = 0;

  constructor(
    options: ResumeOptions,
    sizeBytes: number,
    open: (fromByte: number) => Promise<IncomingMessage>,
  ) {
    this.#options = options;
    this.#sizeBytes = sizeBytes;
    this.#open = open;
  }

  /** Bytes came. */
  progress(): void {
    this.#inVain = 0;
  }

  /**
   * The answer that goes on behind the bytes that are there.
   * @throws ClientError when it does not go on
   */
  async goOn(error: Error, receivedBytes: number): Promise<IncomingMessage> {
    const sizeBytes = this.#sizeBytes;
    for (let because = error; ; ) {
      if (!isPassing(because) || this.#inVain === RESUME_TRIES_MAX || this.#tries === RESUMES_MAX) {
        throw this.#givenUp(because, receivedBytes);
      }
      const waitMs = Math.min(WAIT_MS_FIRST * 2 ** this.#inVain, WAIT_MS_MAX);
      this.#inVain++;
      this.#tries++;
      this.#options.onResume({ receivedBytes, sizeBytes, waitMs, because });
      await (this.#options.wait ?? sleep)(waitMs);
      try {
        return await this.#open(receivedBytes);
      } catch (failure) {
        because = failure as Error;
      }
    }
  }

  #givenUp(error: Error, receivedBytes: number): Error {
    if (this.#tries === 0) return error;
    const code = error instanceof ClientError ? error.code : 'EBROKEN';
    const here = `${receivedBytes} of ${this.#sizeBytes} bytes came, and the rest cannot be had`;
    return new ClientError(code, `${here}: ${error.message}`, {
      hint: `tries to go on: ${this.#tries}; run it again to begin anew`,
      cause: error,
    });
  }
}
