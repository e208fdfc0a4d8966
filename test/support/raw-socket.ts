import { connect, type Socket } from 'node:net';

/** A connection on which a test says exactly what it wants, well-formed or not. */
export class RawSocket {
  readonly socket: Socket;
  #received = Buffer.alloc(0);
  #closed = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  static open(port: number): Promise<RawSocket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
      const raw = new RawSocket(socket);
      socket.once('connect', () => resolve(raw)).once('error', reject);
    });
  }

  get text(): string {
    return this.#received.toString('latin1');
  }

  get bytes(): Buffer {
    return this.#received;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Sends bytes; resolves when the kernel has them. */
  send(bytes: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.socket.write(bytes, () => resolve());
    });
  }

  /** Resets the connection, as a machine that dies does. */
  vanish(): void {
    this.socket.resetAndDestroy();
  }

  /** Waits until what was received satisfies `done`, or the other side ended. */
  async until(done: (text: string) => boolean): Promise<string> {
    while (!done(this.text) && !this.#closed && !this.socket.readableEnded) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.socket.once('end', resolve);
      });
    }
    return this.text;
  }

  /** The next whole answer with a content length, cut off what was received. */
  async answer(): Promise<RawAnswer> {
    await this.until((text) => wholeLength(text) !== null);
    const length = wholeLength(this.text);
    if (length === null) throw new Error(`no whole answer, but ${JSON.stringify(this.text.slice(0, 500))}`);
    const text = this.text.slice(0, length);
    this.#received = this.#received.subarray(length);
    const [head = '', ...rest] = text.split('\r\n\r\n');
    return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]), head, body: rest.join('\r\n\r\n') };
  }
}

export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Length of the first answer in the text, or null while it is not whole. Interim answers count as answers. */
function wholeLength(text: string): number | null {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const head = text.slice(0, end);
  const length = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0);
  return text.length >= end + 4 + length ? end + 4 + length : null;
}

/** The head of a request by hand. */
export const requestHead = (
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): string => {
  const all = { host: 'localhost', authorization: 'cluster raw', ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${path} HTTP/1.1`, ...lines, '', ''].join('\r\n');
};

/** A body as one chunk of chunked transfer, without the end. */
export const chunk = (bytes: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`${bytes.byteLength.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);

export const LAST_CHUNK = '0\r\n\r\n';
