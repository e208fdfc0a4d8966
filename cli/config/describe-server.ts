import type { ServerConfig } from '../../src/config/index.ts';
import type { planOf } from '../../src/server.ts';
import { humanBytes } from '../human.ts';
import { duration } from './describe.ts';

type Plan = ReturnType<typeof planOf>;

/** A server's configuration as JSON: what can be shown of it. */
export function serverRecord(config: ServerConfig, { compaction, replicas }: Plan): object {
  const { dataPath, bind, logLevel, logFormat, ingestBytesMax } = config;
  const places = replicas.map(({ name, url, required }) => ({ name, url, required }));
  return { dataPath, bind, logLevel, logFormat, ingestBytesMax, replicas: places, ...compaction };
}

/** What the server will do by a configuration, in sentences. */
export function describeServer(config: ServerConfig, { compaction, replicas }: Plan): string {
  const { host, port } = config.bind;
  const lines = [
    `listens on ${host ?? 'every address'}, port ${port}`,
    `keeps its data in ${config.dataPath}`,
    `takes uploads of up to ${humanBytes(config.ingestBytesMax)}`,
    `logs from ${config.logLevel} up as ${config.logFormat}`,
    ...replicas.map(
      ({ url, required }) => `stores on ${url}, ${required ? 'and waits for it' : 'which follows'}`,
    ),
    ...compaction.levels.map(
      ({ level, intervalMs, retentionMs }) =>
        `a restore point every ${duration(intervalMs)} for ${duration(retentionMs)} (level ${level})`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}
