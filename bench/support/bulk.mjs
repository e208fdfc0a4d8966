import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { latencies } from './statistics.mjs';

const headers = { authorization: 'cluster bench' };

/** Posts a file in chunks; resolves with the seconds it took. */
export async function upload(url, path, chunks) {
  const start = performance.now();
  const post = request(new URL(path, url), { method: 'POST', headers });
  const answered = once(post, 'response');
  for await (const chunk of chunks) if (!post.write(chunk)) await once(post, 'drain');
  post.end();
  const [response] = await answered;
  await read(response);
  return (performance.now() - start) / 1000;
}

/** Gets and throws away; resolves with the seconds until the first byte and until the last, and the bytes. */
export async function download(url, path, agent = undefined) {
  const start = performance.now();
  const get = request(new URL(path, url), { headers, agent });
  get.end();
  const [response] = await once(get, 'response');
  const first = (performance.now() - start) / 1000;
  const bytes = await read(response);
  return { first, seconds: (performance.now() - start) / 1000, bytes };
}

function read(response) {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    let text = '';
    response.on('data', (data) => {
      bytes += data.length;
      if (response.statusCode !== 200) text += data;
    });
    response.on('error', reject);
    response.on('end', () => {
      if (response.statusCode === 200) resolve(bytes);
      else reject(new Error(`answered ${response.statusCode}: ${text}`));
    });
  });
}

/** Asks for the positions, or something else, every so often, while `work` goes on: how long that takes, ms. */
export async function whilePolling(url, everyMs, work, path = '/pos') {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const samples = [];
  let going = true;
  const poll = async () => {
    while (going) {
      const { seconds } = await download(url, path, agent);
      samples.push(seconds * 1000);
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  };
  const polling = poll();
  try {
    return { ...(await work()), polls: latencies(samples), pollSamples: samples };
  } finally {
    going = false;
    await polling;
    agent.destroy();
  }
}
