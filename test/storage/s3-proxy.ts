import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';

/** What the proxy does with a request: passes it on, or answers in its own way. */
export type Interception =
  | { readonly answer: number; readonly error?: string; readonly body?: string }
  | { readonly cutAnswerAfter: number }
  | { readonly stallAnswerAfter: number }
  | { readonly dropAfterEffect: true }
  | { readonly emptyBody: true };

export interface S3Proxy {
  readonly endpoint: string;
  /** `METHOD /path?query` of all requests so far. */
  readonly requests: string[];
  /** Decides about each request; null passes it on. */
  intercept: (line: string, headers: IncomingMessage['headers']) => Interception | null;
  close(): Promise<void>;
}

/** Stands before a real server, to be the store that lacks something, or the network that fails. */
export async function startProxy(target: string): Promise<S3Proxy> {
  const server = createServer((from, to) => handle(proxy, new URL(target), from, to));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const proxy: S3Proxy = {
    endpoint: `http://127.0.0.1:${port}`,
    requests: [],
    intercept: () => null,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}

function handle(proxy: S3Proxy, target: URL, from: IncomingMessage, to: ServerResponse): void {
  const line = `${from.method} ${from.url}`;
  proxy.requests.push(line);
  const what = proxy.intercept(line, from.headers);
  if (what !== null && 'answer' in what) {
    from.resume();
    const body =
      what.body ?? `<Error><Code>${what.error ?? 'Error'}</Code><Message>made up</Message></Error>`;
    const headers = { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(body) };
    from.on('end', () => to.writeHead(what.answer, headers).end(body));
    return;
  }
  const { method, url: path } = from;
  const isEmptied = what !== null && 'emptyBody' in what;
  const headers = isEmptied ? { ...from.headers, 'content-length': '0' } : from.headers;
  const onward = request({ host: target.hostname, port: target.port, method, path, headers }, (answer) => {
    if (what !== null && 'dropAfterEffect' in what) {
      answer.resume().on('end', () => to.destroy());
      return;
    }
    to.writeHead(answer.statusCode!, answer.headers);
    if (what !== null && 'cutAnswerAfter' in what) cut(answer, to, what.cutAnswerAfter);
    else if (what !== null && 'stallAnswerAfter' in what) stall(answer, to, what.stallAnswerAfter);
    else answer.pipe(to);
  });
  onward.on('error', () => to.destroy());
  from.on('error', () => onward.destroy());
  from.on('close', () => {
    if (!from.complete) onward.destroy();
  });
  if (!isEmptied) return void from.pipe(onward);
  from.resume();
  onward.end();
}

/** Some of the answer, and then nothing, while the connection stays. */
function stall(answer: IncomingMessage, to: ServerResponse, bytes: number): void {
  answer.once('data', (chunk: Buffer) => {
    answer.pause();
    to.write(chunk.subarray(0, bytes));
  });
}

function cut(answer: IncomingMessage, to: ServerResponse, bytes: number): void {
  let left = bytes;
  answer.on('data', (chunk: Buffer) => {
    if (left > 0) to.write(chunk.subarray(0, left));
    left -= chunk.length;
    if (left <= 0) setTimeout(() => to.destroy(), 50);
  });
}
