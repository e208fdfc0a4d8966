import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands before a server, and breaks connections after so many bytes of what the server says. */
export class CuttingProxy implements AsyncDisposable {
  /** What was asked on each connection, to the end of its headers. */
  readonly requests: string[] = [];
  /** What happens before a connection is passed on: it waits for that. */
  before: (connection: number) => Promise<unknown> = async () => {};
  readonly #cuts: number[];
  readonly #sockets = new Set<Socket>();
  readonly #server;

  private constructor(port: number, cuts: readonly number[]) {
    this.#cuts = [...cuts];
    let connections = 0;
    this.#server = createServer(async (client) => {
      await this.before(connections++);
      this.#pass(client, connect(port, '127.0.0.1'));
    });
  }

  /** @param cuts bytes after which the next connections are cut, one each; those after them are not */
  static async start({ port }: { port: number }, cuts: readonly number[]): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(port, cuts);
    await once(proxy.#server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #pass(client: Socket, server: Socket): void {
    let left = this.#cuts.shift() ?? Number.POSITIVE_INFINITY;
    let asked = '';
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    client.on('data', (chunk) => {
      asked += chunk.toString('latin1');
      if (asked.endsWith('\r\n\r\n')) this.requests.push(asked);
      server.write(chunk);
    });
    server.on('data', (chunk) => {
      const some = chunk.subarray(0, left);
      left -= some.length;
      if (left > 0) client.write(some);
      // What was written arrives before the end does.
      else client.end(some);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
