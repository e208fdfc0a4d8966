import { Connection, chunkedBody } from './connection.mjs';
import { latencies } from './statistics.mjs';

const CLUSTER = 'bench';

/**
 * So many writers, each with a database and a connection of its own, send one transaction after another for so
 * long; what is sent in the warm-up is not counted. A server that does not look at what it is sent may be sent
 * the same again.
 */
export async function ingest(url, { prefix, writers, seconds, warmUpSeconds, chain, repeat = false }) {
  const { bodies } = chain;
  const connections = [];
  for (let i = 0; i < writers; i++) connections.push(await Connection.open(url));
  const paths = connections.map((_, i) => `/db/tx?db=${prefix}-${i}.db`);
  for (const [i, connection] of connections.entries()) await send(connection, paths[i], chain.first);
  const samples = [];
  let sent = 0;
  const from = performance.now() + warmUpSeconds * 1000;
  const until = from + seconds * 1000;
  const writer = async (connection, path) => {
    for (let next = 0; ; next = repeat ? (next + 1) % bodies.length : next + 1) {
      const start = performance.now();
      if (start >= until) return;
      if (next === bodies.length) throw new Error('nothing more to send: generate more transactions');
      await send(connection, path, bodies[next]);
      const end = performance.now();
      sent++;
      if (start >= from && end <= until) samples.push(end - start);
    }
  };
  await Promise.all(connections.map((connection, i) => writer(connection, paths[i])));
  for (const connection of connections) connection.close();
  return { sent, perSecond: samples.length / seconds, ...latencies(samples) };
}

/** A chain's files framed as bodies once, for all writers. */
export const framed = ({ first, files }) => ({ first: chunkedBody(first), bodies: files.map(chunkedBody) });

async function send(connection, path, body) {
  const { status, body: answer } = await connection.post(path, CLUSTER, body);
  if (status !== 200) throw new Error(`${path} was answered ${status}: ${answer}`);
}
