import { connect } from 'node:net';

const HEADER_BYTES = 100;

/** A file as the chunks of a body: its header, then the rest, as a LiteFS primary sends it. */
export function chunkedBody(file) {
  const parts = [file.subarray(0, HEADER_BYTES), file.subarray(HEADER_BYTES)];
  const framed = parts.flatMap((part) => [
    Buffer.from(`${part.length.toString(16)}\r\n`),
    part,
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...framed, Buffer.from('0\r\n\r\n')]);
}

/**
 * One kept-alive HTTP connection that sends ready-made bytes: the load generator shares the machine with the
 * server, so it must cost next to nothing.
 */
export class Connection {
  #socket;
  #received = '';
  #waiting = null;

  static async open(url) {
    const connection = new Connection();
    const { hostname, port } = new URL(url);
    await new Promise((resolve, reject) => {
      connection.#socket = connect({ host: hostname, port: Number(port), noDelay: true }, resolve);
      connection.#socket.once('error', reject);
    });
    connection.#socket.on('data', (data) => connection.#take(data.toString('latin1')));
    connection.#socket.on('error', (error) => connection.#fail(error));
    connection.#socket.on('close', () => connection.#fail(new Error('the server closed the connection')));
    return connection;
  }

  /** Sends a request whose body is framed already; resolves with the status when the answer is whole. */
  async post(path, cluster, body) {
    const head = `POST ${path} HTTP/1.1\r\nHost: bench\r\nAuthorization: cluster ${cluster}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const answered = new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
    this.#socket.cork();
    this.#socket.write(head, 'latin1');
    this.#socket.write(body);
    this.#socket.uncork();
    return answered;
  }

  close() {
    this.#waiting = null;
    this.#socket.destroy();
  }

  #take(text) {
    this.#received += text;
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = this.#received.slice(0, end);
    const length = Number(/^content-length: *([0-9]+)/im.exec(head)?.[1] ?? 0);
    if (this.#received.length < end + 4 + length) return;
    const body = this.#received.slice(end + 4);
    this.#received = '';
    const { resolve } = this.#waiting;
    this.#waiting = null;
    resolve({ status: Number(head.slice(9, 12)), body });
  }

  #fail(error) {
    this.#waiting?.reject(error);
    this.#waiting = null;
  }
}
