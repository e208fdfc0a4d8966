import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { pipeline, type Readable } from 'node:stream';
import { LfsbError } from '../errors/index.ts';
import { refusalOf } from './answers.ts';
import { ClientError } from './errors.ts';
import { noAnswer, transportError } from './transport-errors.ts';

/** Connections to one server at once. */
const SOCKETS_MAX = 4;

/** How long a server may be silent, ms: while it works on a question, and while it prepares a large answer. */
export const ANSWER_MS_MAX = 30_000;
export const PREPARE_MS_MAX = 900_000;

const CLUSTER = /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,31}$/;
const TOKEN = /^[\x21-\x7e]{1,4096}$/;

/** Which server, for which cluster. */
export interface ClientOptions {
  /** `http://host:port` or `https://...`; a path is not used. */
  readonly endpoint: string;
  readonly cluster: string;
  /** A credential, when the server asks for one. */
  readonly token?: string | undefined;
  /** How long the server may be silent, ms; unless given, `ANSWER_MS_MAX`, or `PREPARE_MS_MAX` where it has to build. */
  readonly timeoutMs?: number | undefined;
  /** Told when an answer that the server has to build is waited for, and when that is over. */
  readonly onWait?: ((isWaiting: boolean) => void) | undefined;
}

/** One request. */
export interface Ask {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly body?: Readable;
  /** The server may take its time before it answers. */
  readonly isSlow?: boolean;
  /** The answer may be silent for as long as it likes, as one that follows. */
  readonly isEndless?: boolean;
  /** A part of a file is asked for: 206 is a good answer. */
  readonly isRest?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** @throws ClientError `EENDPOINT` */
export function parseEndpoint(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.hostname === '') {
    throw new ClientError('EENDPOINT', `the endpoint is no http or https URL: ${JSON.stringify(text)}`, {
      hint: 'for example http://127.0.0.1:2200',
    });
  }
  return url;
}

/** Kept-alive connections to one server, in the name of one cluster. */
export class Connection implements Disposable {
  readonly endpoint: URL;
  readonly cluster: string;
  readonly #options: ClientOptions;
  readonly #agent: HttpAgent;

  constructor(options: ClientOptions) {
    this.endpoint = parseEndpoint(options.endpoint);
    if (!CLUSTER.test(options.cluster)) throw new LfsbError('EBADCLUSTER', 'cluster invalid');
    if (options.token !== undefined && !TOKEN.test(options.token)) {
      throw new LfsbError('EINVALIDAUTH', 'the token has characters that no token has');
    }
    this.cluster = options.cluster;
    this.#options = options;
    const agentOptions = { keepAlive: true, maxSockets: SOCKETS_MAX };
    this.#agent =
      this.endpoint.protocol === 'https:' ? new HttpsAgent(agentOptions) : new HttpAgent(agentOptions);
  }

  /**
   * Asks; resolves at the head of a good answer, whose body is the caller's to read.
   * @throws LfsbError with the server's code, ClientError for what is between
   */
  async open(ask: Ask): Promise<IncomingMessage> {
    const response = await this.#wait(ask);
    if (response.statusCode === 200 || (ask.isRest && response.statusCode === 206)) return response;
    try {
      throw await refusalOf(this.endpoint, response);
    } catch (error) {
      throw transportError(this.endpoint, error);
    }
  }

  /** While a body is sent there is something else to tell. */
  async #wait(ask: Ask): Promise<IncomingMessage> {
    const onWait = ask.isSlow && ask.body === undefined ? this.#options.onWait : undefined;
    onWait?.(true);
    try {
      return await this.#send(ask);
    } finally {
      onWait?.(false);
    }
  }

  #send(ask: Ask): Promise<IncomingMessage> {
    const url = new URL(ask.path, this.endpoint.origin);
    for (const [name, value] of Object.entries(ask.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    const { token } = this.#options;
    const silenceMs = this.#options.timeoutMs ?? (ask.isSlow ? PREPARE_MS_MAX : ANSWER_MS_MAX);
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => reject(transportError(this.endpoint, error));
      const ours = this.endpoint.protocol === 'https:' ? httpsRequest : httpRequest;
      const outgoing = ours(url, {
        method: ask.method,
        agent: this.#agent,
        headers: {
          authorization: `cluster ${this.cluster}`,
          ...(token === undefined ? {} : { 'lfsb-token': token }),
          ...ask.headers,
        },
        ...(ask.signal === undefined ? {} : { signal: ask.signal }),
      });
      outgoing.setTimeout(silenceMs, () => outgoing.destroy(noAnswer(this.endpoint.origin, 'the request')));
      outgoing.on('error', fail);
      outgoing.on('response', (response) => {
        if (ask.isEndless) outgoing.setTimeout(0);
        resolve(response);
      });
      if (ask.body === undefined) outgoing.end();
      else sendBody(ask.body, outgoing, fail);
    });
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

/** A server that refuses early stops reading: its answer counts then, not the broken pipe. */
function sendBody(body: Readable, outgoing: NodeJS.WritableStream, fail: (error: unknown) => void): void {
  pipeline(body, outgoing, (error) => {
    if (error != null && body.errored != null) fail(body.errored);
  });
}
