import { Agent, type IncomingMessage, request } from 'node:http';
import { gunzipSync } from 'node:zlib';

/** What the network, or something in between, does with a request. */
export type Weather = 'fair' | 'no connection' | 'cut body' | 'answer lost' | '503' | 'names an instance';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** A failure that ends the pass. */
export class PassFailed extends Error {
  override readonly name = 'PassFailed';
}

export interface WireOptions {
  readonly url: () => string;
  readonly token: string;
  readonly clusterId: string;
  /** What befalls the next request. */
  readonly weather: () => Weather;
}

/** The one kept-alive connection of a primary, with the headers that LiteFS sends. */
export class Wire {
  readonly #options: WireOptions;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  /** Sent back once a proxy has named an instance, and forgotten at a 503. */
  #instance: string | null = null;
  /** Requests that named an instance. */
  instanceRequests = 0;

  constructor(options: WireOptions) {
    this.#options = options;
  }

  /** @throws PassFailed when there is no whole answer */
  async send(method: string, path: string, body?: Uint8Array): Promise<Reply> {
    const weather = this.#options.weather();
    if (weather === 'no connection') throw new PassFailed('connection refused');
    if (weather === '503') return this.#hear({ status: 503, headers: {}, body: Buffer.alloc(0) });
    const reply = await this.#exchange(method, path, body, weather === 'cut body').catch((cause: unknown) => {
      throw new PassFailed(`${method} ${path}: no answer`, { cause });
    });
    if (weather === 'answer lost') throw new PassFailed('the answer was lost');
    const named = weather === 'names an instance' ? { 'lfsc-instance-id': 'i-1' } : {};
    return this.#hear({ ...reply, headers: { ...reply.headers, ...named } });
  }

  close(): void {
    this.#agent.destroy();
  }

  #hear(reply: Reply): Reply {
    const named = reply.headers['lfsc-instance-id'];
    if (typeof named === 'string') this.#instance = named;
    if (reply.status === 503) this.#instance = null;
    return reply;
  }

  #exchange(method: string, path: string, body: Uint8Array | undefined, cut: boolean): Promise<Reply> {
    const { url, token, clusterId } = this.#options;
    if (this.#instance !== null) this.instanceRequests++;
    return new Promise((resolve, reject) => {
      const outgoing = request(`${url()}${path}`, {
        method,
        agent: this.#agent,
        headers: {
          Authorization: token,
          'Litefs-Cluster-Id': clusterId,
          'Accept-Encoding': 'gzip',
          ...(this.#instance === null ? {} : { 'fly-force-instance-id': this.#instance }),
        },
      });
      outgoing.on('error', reject);
      outgoing.on('response', (response) => readReply(response).then(resolve, reject));
      if (body !== undefined && cut) {
        outgoing.write(body.subarray(0, body.byteLength / 2), () => outgoing.destroy(new Error('cut')));
        return;
      }
      // Written before the end it goes out chunked, with neither Content-Type nor Content-Length.
      if (body !== undefined) outgoing.write(body);
      outgoing.end();
    });
  }
}

async function readReply(response: IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const body = response.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
  return { status: response.statusCode ?? 0, headers: response.headers, body };
}
