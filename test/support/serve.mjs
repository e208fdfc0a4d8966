import { DEFAULT_STORAGE } from '../../dist/src/config/index.js';
import { createLogger } from '../../dist/src/logging.js';
import { startServer } from '../../dist/src/server.js';

// A server to be killed: it prints where it listens and its process id as its first line, and complains on standard error.
const { dataPath, synchronous } = JSON.parse(process.argv[2]);
const log = createLogger({
  level: 'error',
  format: 'json',
  destination: { write: (line) => process.stderr.write(line) },
});
const config = {
  dataPath,
  bind: { host: '127.0.0.1', port: 0 },
  logLevel: 'error',
  logFormat: 'json',
  ingestBytesMax: 2 ** 30,
  sentryDsn: null,
  storage: DEFAULT_STORAGE,
};
const server = await startServer(config, { log, synchronous });
process.stdout.write(`${JSON.stringify({ url: server.url, pid: process.pid })}\n`);
process.once('SIGTERM', () => server.close('SIGTERM'));
await server.failed;
