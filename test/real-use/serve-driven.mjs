import { createLogger } from '../../dist/src/logging.js';
import { startServer } from '../../dist/src/server.js';

// The built server, by a clock that the process which started it drives through messages.
const config = JSON.parse(process.argv[2]);
const now = { ...config.now };
const looks = new Set();
const timer = {
  every: (_milliseconds, run) => {
    looks.add(run);
    return () => looks.delete(run);
  },
};
const log = createLogger({
  level: 'warn',
  format: 'json',
  destination: { write: (line) => process.stderr.write(line) },
});
process.on('message', ({ wall, monotonic }) => {
  now.wall = wall;
  now.monotonic = monotonic;
  for (const look of looks) look();
});
const server = await startServer(config.server, { log, clock: () => ({ ...now }), timer });
process.on('SIGTERM', async () => {
  await server.close('SIGTERM');
  process.exit(0);
});
process.send({ url: server.url });
await server.failed;
