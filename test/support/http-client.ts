import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The body as JSON. */
  json<T = Record<string, unknown>>(): T;
}

export interface RequestOptions {
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** Sent chunked, as LiteFS does. */
  readonly body?: Uint8Array;
}

/** A position as `/pos` and EPOSMISMATCH spell it. */
export interface WirePos {
  readonly TXID: string;
  readonly PostApplyChecksum: string;
}

/** `TXID/checksum` of a position on the wire. */
export const posText = ({ TXID, PostApplyChecksum }: WirePos): string => `${TXID}/${PostApplyChecksum}`;

/** An HTTP client that speaks for one cluster, as LiteFS does: kept-alive connections, chunked bodies. */
export class HttpClient {
  readonly cluster: string;
  readonly #url: () => string;
  readonly #agent: Agent;

  constructor(url: () => string, cluster: string, connectionsMax: number) {
    this.#url = url;
    this.cluster = cluster;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connectionsMax });
  }

  /** Sends a request and reads its whole answer. Rejects when the answer breaks off. */
  async send(method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
    return readAnswer(await this.open(method, path, options));
  }

  /** Sends a request; resolves at the head of its answer. */
  open(method: string, path: string, { headers, body }: RequestOptions = {}): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const outgoing = request(`${this.#url()}${path}`, {
        method,
        agent: this.#agent,
        headers: { authorization: `cluster ${this.cluster}`, ...headers },
      });
      outgoing.on('response', resolve).on('error', reject);
      // Written before the end, it goes out chunked.
      if (body !== undefined) outgoing.write(body);
      outgoing.end();
    });
  }

  post(db: string, ltx: Uint8Array): Promise<Answer> {
    return this.send('POST', `/db/tx?db=${encodeURIComponent(db)}`, { body: ltx });
  }

  snapshot(db: string, format: 'ltx' | 'sqlite' = 'ltx'): Promise<Answer> {
    const suffix = format === 'ltx' ? '' : '&format=sqlite';
    return this.send('GET', `/db/snapshot?db=${encodeURIComponent(db)}${suffix}`);
  }

  /** `GET /pos`, each position as `TXID/checksum`. */
  async positions(): Promise<Record<string, string>> {
    const answer = await this.send('GET', '/pos');
    if (answer.status !== 200) throw new Error(`GET /pos: ${answer.status} ${answer.body.toString()}`);
    const positions = Object.entries(answer.json<Record<string, WirePos>>());
    return Object.fromEntries(positions.map(([db, pos]) => [db, posText(pos)]));
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Reads an answer to its end; rejects when it breaks off. */
export async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body,
    json: <T>() => JSON.parse(body.toString('utf8')) as T,
  };
}
