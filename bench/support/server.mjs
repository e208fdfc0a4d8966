import { loadConfig } from '../../dist/src/config/index.js';
import { createLogger } from '../../dist/src/logging.js';
import { startServer } from '../../dist/src/server.js';

// The server as it is run, with its log on standard output: writing it is part of the work.
const [dataPath] = process.argv.slice(2);
const { config } = loadConfig({ LFSB_DATA_PATH: dataPath, LFSB_BIND: '127.0.0.1:0', LFSB_LOG_LEVEL: 'info' });
const log = createLogger({ level: config.logLevel, format: 'json' });
const server = await startServer(config, { log });
process.send({ url: server.url });
process.once('message', async () => {
  await server.close('bench');
  process.disconnect();
});
